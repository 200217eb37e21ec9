// @ts-check
// A start: the database is opened and read while the WebAssembly module is still on its way, and others do not wait for that.

import assert from "node:assert/strict";
import { after } from "node:test";

import { Device } from "./support/device.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

const MODULE = "**/core_bg.wasm";

/**
 * A second page of a profile that opens the package, whose module does not come before `letCome`.
 * @param {import("playwright-core").BrowserContext} profile
 */
async function startHeldUp(profile) {
  let letCome = () => {};
  let isAsked = false;
  const awaited = new Promise((resolve) => (letCome = () => resolve(undefined)));
  await profile.route(MODULE, async (route) => {
    isAsked = true;
    await awaited;
    await route.continue();
  });
  const opening = Device.open(profile, stage.site.url, {});
  await until("the module is asked for", async () => isAsked);
  return { letCome, opening };
}

test("what another page commits while the module is on its way is there in the end", async (t) => {
  const first = await stage.localDevice(t);
  await first.put("todos", { id: "a", title: "before" });
  const { letCome, opening } = await startHeldUp(first.profile);
  await first.put("todos", { id: "a", title: "meanwhile" });
  await first.put("todos", { id: "b", title: "meanwhile" });
  letCome();
  const second = await opening;
  await untilEqual(async () => (await second.list("todos")).map(({ title }) => title), ["meanwhile", "meanwhile"]);
  await second.put("todos", { id: "c", title: "after" });
  await untilEqual(async () => (await first.list("todos")).length, 3);
});

test("a database is deleted although a page has begun to open it, which then opens a new one", async (t) => {
  const first = await stage.localDevice(t);
  await first.put("todos", { id: "a", title: "gone" });
  const { letCome, opening } = await startHeldUp(first.profile);
  const name = await first.run(async (db) => {
    await db.close();
    return db.name;
  });
  const deleted = await first.page.evaluate(
    (name) =>
      new Promise((resolve) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = () => resolve("deleted");
        request.onerror = () => resolve("failed");
      }),
    name,
  );
  assert.equal(deleted, "deleted");
  letCome();
  const second = await opening;
  assert.deepEqual(await second.list("todos"), []);
  await second.put("todos", { id: "n", title: "new" });
  await second.reload();
  assert.deepEqual((await second.list("todos")).map(({ id }) => id), ["n"]);
});

test("large and small databases are whole after a start", async (t) => {
  const device = await stage.localDevice(t);
  for (const count of [10, 3_000, 30_000]) {
    await device.run((db, count) => db.collection("todos").putAll(Array.from({ length: count }, (_, n) => ({ id: `t${n}`, text: `${n} `.repeat(40) }))), count);
    await device.reload();
    assert.equal((await device.list("todos")).length, count);
    assert.equal((await device.get("todos", `t${count - 1}`)).id, `t${count - 1}`);
  }
});

test("a page that can open nothing any more shows all the same what others write", async (t) => {
  const first = await stage.localDevice(t);
  await first.put("todos", { id: "a", title: "before" });
  const { letCome, opening } = await startHeldUp(first.profile);
  letCome();
  const second = await opening;
  // A page that is left or frozen may never be answered: the one connection that it has must do.
  await second.page.evaluate(() => {
    IDBFactory.prototype.open = () => /** @type {any} */ (new EventTarget());
  });
  await first.put("todos", { id: "b", title: "meanwhile" });
  await untilEqual(async () => (await second.list("todos")).map(({ id }) => id), ["a", "b"]);
});

test("a module that was cut off on its way is loaded once more", async (t) => {
  const first = await stage.localDevice(t);
  await first.put("todos", { id: "a", title: "here" });
  let loads = 0;
  await first.profile.route(MODULE, async (route) => {
    loads += 1;
    const response = await route.fetch();
    const body = await response.body();
    await route.fulfill({ response, headers: { "content-type": "application/wasm" }, body: loads === 1 ? body.subarray(0, body.length / 2) : body });
  });
  const second = await Device.open(first.profile, stage.site.url, {});
  assert.deepEqual((await second.list("todos")).map(({ title }) => title), ["here"]);
  assert.equal(loads, 2);
});
