// @ts-check
// Bytes that go bad between two openings: the app is told once, everything else is served, and what was lost comes again.

import assert from "node:assert/strict";
import { after } from "node:test";

import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

const COUNT = 2_000;
const NOTES = "Bring the bread, the butter and the jam. ".repeat(4);

/** @typedef {import("./support/device.mjs").Device} Device */

/**
 * What is in the object stores of the package's database.
 * @param {Device} device
 */
function stored(device) {
  return device.page.evaluate(() => new Promise((/** @type {(kept: { pages: number[], log: number[] }) => void} */ resolve, reject) => {
    const opening = indexedDB.open("e2e");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const reading = opening.result.transaction(["pages", "log"]);
      const keys = (/** @type {string} */ name) => reading.objectStore(name).getAllKeys();
      const [pages, log] = [keys("pages"), keys("log")];
      reading.oncomplete = () => {
        opening.result.close();
        resolve(/** @type {any} */ ({ pages: pages.result, log: log.result }));
      };
    };
  }));
}

/**
 * Spoils the bytes of a page or an entry: the checksum alone, or everything.
 * @param {Device} device
 * @param {"pages" | "log"} store
 * @param {number} key
 * @param {"checksum" | "all"} what
 */
function spoil(device, store, key, what) {
  return device.page.evaluate(([store, key, what]) => new Promise((/** @type {(done: undefined) => void} */ resolve, reject) => {
    const opening = indexedDB.open("e2e");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const writing = opening.result.transaction([store], "readwrite");
      const rows = writing.objectStore(store);
      const reading = rows.get(key);
      reading.onsuccess = () => {
        const bytes = /** @type {Uint8Array} */ (reading.result);
        if (what === "all") bytes.fill(0xa5);
        else new DataView(bytes.buffer, bytes.byteOffset).setUint32(6, 0);
        rows.put(bytes, key);
      };
      writing.onabort = () => reject(writing.error);
      writing.oncomplete = () => {
        opening.result.close();
        resolve(undefined);
      };
    };
  }), /** @type {const} */ ([store, key, what]));
}

/**
 * What the app was told of damage.
 * @param {Device} device
 */
async function toldDamage(device) {
  return (await device.heard("error")).filter(({ code }) => code === "storage-corrupt");
}

/** @param {Device} device */
async function close(device) {
  await device.run((db) => db.close());
  await device.page.reload();
}

/** @param {any[]} docs */
function ids(docs) {
  return docs.map(({ id }) => id).sort();
}

test("a page that is lost is reported once, everything else is served, and its records are pulled again", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await device.run((db, [count, notes]) => db.collection("todos").putAll(Array.from({ length: count }, (_, n) => ({ id: `t${String(n).padStart(4, "0")}`, n, notes }))), /** @type {const} */ ([COUNT, NOTES]));
  await device.settled();
  await until("the log was folded", async () => (await stored(device)).pages.length > 3);
  const all = ids(await device.list("todos"));
  await close(device);
  const { pages } = await stored(device);
  const lost = pages[Math.floor(pages.length / 2)] ?? 0;
  await spoil(device, "pages", lost, "all");

  const { options } = device;
  device.options = { ...options, url: undefined };
  await device.start();
  const left = ids(await device.list("todos"));
  assert.ok(left.length > COUNT / 2 && left.length < COUNT, `${left.length} are served`);
  await untilEqual(async () => (await toldDamage(device)).map(({ retryable, details }) => [retryable, details]), [[false, { part: "page", number: lost }]]);

  device.options = options;
  await device.reload();
  await device.run((db) => db.sync());
  assert.deepEqual(ids(await device.list("todos")), all);
  assert.deepEqual(await toldDamage(device), [], "it was mended before");
  const status = await device.status();
  assert.deepEqual([status.pending, await device.run((db) => db.collection("todos").count())], [0, COUNT]);
});

test("changes in a damaged entry are still queued, and go out", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await device.settled();
  await device.profile.setOffline(true);
  await device.put("todos", { id: "mine", title: "Milk" });
  const me = await device.run((db) => db.device);
  const { log } = await stored(device);
  await device.run((db) => db.close());
  for (const entry of log) await spoil(device, "log", entry, "checksum");
  await device.profile.setOffline(false);
  await device.reload();
  assert.equal(await device.run((db) => db.device), me);
  assert.deepEqual(await device.list("todos"), [{ id: "mine", title: "Milk" }]);
  await untilEqual(async () => (await toldDamage(device)).length, log.length);
  await device.run((db) => db.sync());
  await device.settled();
  assert.equal((await account.record("todos", "mine"))?.data.title, "Milk");
});
