// @ts-check
// The servers of the guide: the adapter of the chapter on REST APIs with real devices, and the commands of the chapter on going live.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { pathToFileURL } from "node:url";

import { commandsOf, filesOf, namelessOf } from "./support/guide.mjs";
import { SERVER } from "./support/places.mjs";
import { setStage } from "./support/stage.mjs";
import { test, untilEqual } from "./support/until.mjs";

const folder = await mkdtemp(path.join(tmpdir(), "syncline-e2e-guide-"));
const stage = await setStage();
const adapter = await startAdapter();
after(async () => {
  adapter.closeAllConnections();
  adapter.close();
  await stage.end();
  await rm(folder, { recursive: true, force: true });
});

/** @returns {Promise<import("node:http").Server>} */
async function startAdapter() {
  const file = path.join(folder, "adapter.mjs");
  const text = (await filesOf("rest-api.md")).get("adapter.mjs") ?? "";
  await writeFile(file, text.replace("listen(8788,", "listen(0,"));
  const { server } = await import(pathToFileURL(file).href);
  if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
  return server;
}

test("every block of these chapters is run here, or its types are checked", async () => {
  assert.deepEqual([...(await filesOf("rest-api.md")).keys()], ["adapter.mjs"]);
  assert.deepEqual([await namelessOf("rest-api.md"), await namelessOf("going-live.md"), await commandsOf("rest-api.md")], [[], [], []]);
});

test("two devices sync through the guide's adapter: edits of both are kept, a refused one is parked, a deletion arrives", async (t) => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (adapter.address());
  const options = { url: `http://127.0.0.1:${port}`, tokens: ["ada"], collections: { todos: { conflict: "merge" } }, schedule: { live: false } };
  const [one, other] = [await stage.localDevice(t, options), await stage.localDevice(t, options)];
  for (const device of [one, other]) await device.run((db) => db.enable());
  await one.put("todos", { id: "milk", title: "Milk", done: false });
  await one.run((db) => db.sync());
  await other.run((db) => db.sync());
  await one.run((db) => db.collection("todos").update("milk", { title: "Oat milk" }));
  await other.run((db) => db.collection("todos").update("milk", { done: true }));
  for (const device of [one, other, one]) await device.run((db) => db.sync());
  const both = [{ id: "milk", title: "Oat milk", done: true }];
  await untilEqual(() => one.list("todos"), both);
  await untilEqual(() => other.list("todos"), both);

  await one.put("todos", { id: "none", title: "" });
  await one.run((db) => db.sync());
  const parked = await one.run(async (db) => (await db.parked()).map((/** @type {any} */ { message }) => message));
  assert.deepEqual(parked, ["A title, please"]);
  await one.run((db) => db.collection("todos").delete("milk"));
  for (const device of [one, other]) await device.run((db) => db.sync());
  await untilEqual(() => other.list("todos"), []);
});

test("the guide's commands start a server that is ready", async (t) => {
  const [start = "", look = "", ...others] = await commandsOf("going-live.md");
  assert.deepEqual(others, []);
  const [, options = ""] = /^cargo run --release -p syncline-server -- (.*)$/.exec(start) ?? [];
  const given = options.replace("127.0.0.1:8787", "127.0.0.1:0").replace("/var/lib/todos", folder).split(" ");
  const child = spawn(SERVER, given, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => void child.kill("SIGKILL"));
  const said = await new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
  const [, url = ""] = /^listening on (http:\S+)$/.exec(said) ?? [];
  const [, asked = ""] = /^curl --fail (\S+)$/.exec(look) ?? [];
  assert.equal((await fetch(asked.replace("http://127.0.0.1:8787", url))).status, 200);
});
