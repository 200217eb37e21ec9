// @ts-check
// The extension that the guide builds, from the guide's own blocks: the doctor finds nothing, and it works in Chromium.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, writeFile } from "node:fs/promises";
import { after } from "node:test";
import { promisify } from "node:util";

import { Account } from "./support/account.mjs";
import { startWith } from "./support/extension.mjs";
import { startFirefox } from "./support/firefox.mjs";
import { commandsOf, filesOf, namelessOf } from "./support/guide.mjs";
import { makeProject } from "./support/project.mjs";
import { Server } from "./support/server.mjs";
import { test, untilEqual } from "./support/until.mjs";

const CHAPTER = "extension.md";
const [server, project] = await Promise.all([Server.start(), makeProject()]);
after(() => Promise.allSettled([server.end(), project.end()]));

for (const [name, text] of await filesOf(CHAPTER)) {
  await project.write(`extension/${name}`, text.replaceAll("http://127.0.0.1:8787", server.url));
}
await cp(project.file("node_modules/syncline"), project.file("extension/syncline"), { recursive: true });

/** The manifest for Firefox, as the chapter says it differs. */
const manifest = JSON.parse((await filesOf(CHAPTER)).get("manifest.json") ?? "");
const forFirefox = { ...manifest, background: { scripts: ["background.js"], type: "module" }, browser_specific_settings: { gecko: { id: "todos@example.org" } } };
await cp(project.file("extension"), project.file("firefox"), { recursive: true });
await writeFile(project.file("firefox/manifest.json"), JSON.stringify(forFirefox));

/** @param {string[]} options */
const doctor = async (...options) => JSON.parse((await promisify(execFile)("npx", ["--no-install", "syncline", "doctor", ...options, "--json"], { cwd: project.folder })).stdout);

test("every block of the chapter is a file or a command that is run here", async () => {
  assert.deepEqual([...(await filesOf(CHAPTER)).keys()], ["manifest.json", "background.js", "popup.html", "popup.js", "sign-in.js"]);
  assert.deepEqual(await namelessOf(CHAPTER), []);
  // The project is what the first three do.
  assert.deepEqual(await commandsOf(CHAPTER), ["mkdir todos && cd todos", "npm install syncline", "cp -r node_modules/syncline syncline", "npx syncline doctor ."]);
});

test("the doctor finds nothing wrong with the guide's extension, for Firefox neither", async () => {
  assert.deepEqual([await doctor("extension"), await doctor("firefox")], [[], []]);
});

/** Signs in, as the extension's own pages would. @param {string[]} session */
async function signInWith([url, email, password]) {
  const at = (/** @type {string} */ file) => import(new URL(file, location.href).href);
  const [{ connect }, { signIn }] = await Promise.all([at("syncline/client.js"), at("sign-in.js")]);
  await signIn(await connect(), url, email, password);
}

test("the guide's extension keeps a todo, and syncs it once the user has signed in", async (t) => {
  const account = await Account.register(server.url);
  const profile = await startWith(t, project.file("extension"));
  const worker = profile.serviceWorkers()[0] ?? (await profile.waitForEvent("serviceworker"));
  const popup = await profile.newPage();
  const address = `chrome-extension://${new URL(worker.url()).host}/popup.html`;
  await popup.goto(address);
  const shown = () => popup.locator("li").allTextContents();

  await popup.locator("input").fill("Milk");
  await popup.locator("input").press("Enter");
  await untilEqual(shown, ["Milk"]);
  await popup.reload();
  await untilEqual(shown, ["Milk"]);
  assert.deepEqual(await account.records("todos"), []);

  await popup.evaluate(signInWith, [server.url, account.email, account.password]);
  await untilEqual(async () => (await account.records("todos")).map(({ data }) => data.title), ["Milk"]);

  await account.push("elsewhere", [{ id: "c1", collection: "todos", record: "bread", op: "put", base: null, data: { id: "bread", title: "Bread" }, editedAt: Date.now() }]);
  await popup.evaluate(async () => {
    const { connect } = await import(new URL("syncline/client.js", location.href).href);
    await (await connect()).sync();
  });
  await untilEqual(shown, ["Bread", "Milk"]);
});

test("the guide's extension does the same in Firefox", async (t) => {
  const account = await Account.register(server.url);
  const firefox = await startFirefox(project.file("firefox"), "todos@example.org");
  t.after(() => firefox.close());
  const shown = () => firefox.run(() => [...document.querySelectorAll("li")].map((item) => item.textContent));
  const address = `${firefox.origin}/popup.html`;
  await firefox.open(address);
  await untilEqual(() => firefox.run(() => document.querySelector("form")?.checkVisibility() ?? false), true);
  await firefox.run(() => {
    const [form, input] = [document.querySelector("form"), document.querySelector("input")];
    if (input) input.value = "Milk";
    form?.requestSubmit();
  });
  await untilEqual(shown, ["Milk"]);
  await firefox.open("about:blank");
  await firefox.open(address);
  await untilEqual(shown, ["Milk"]);
  await firefox.run(signInWith, [server.url, account.email, account.password]);
  await untilEqual(async () => (await account.records("todos")).map(({ data }) => data.title), ["Milk"]);
});
