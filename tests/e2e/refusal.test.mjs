// @ts-check
// Changes that the server refuses for good: rolled back in the view, parked with their data, and in nobody's way.

import assert from "node:assert/strict";
import { after } from "node:test";

import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** More than the mebibyte that the server takes of one record. */
const TOO_LARGE = 1_200_000;

/**
 * A device whose second of three changes was refused.
 * @param {import("node:test").TestContext} t
 */
async function withRefused(t) {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await device.settled();
  await device.setOnline(false);
  await device.put("notes", { id: "before", text: "small" });
  await device.run((db, size) => db.collection("notes").put({ id: "large", text: "x".repeat(size) }).then(() => {}), TOO_LARGE);
  await device.put("notes", { id: "after", text: "small" });
  await device.setOnline(true);
  await until("the change is parked", async () => (await device.status()).parked === 1);
  return { account, device };
}

/** @param {any} device */
function parkedIn(device) {
  return device.run(async (/** @type {any} */ db) => {
    const parked = await db.parked();
    return parked.map((/** @type {any} */ { id, collection, record, op, code, data }) => ({ id, collection, record, op, code, size: data.text.length }));
  });
}

test("a refused change is taken back in the view and parked with its data, while others flow on", async (t) => {
  const { account, device } = await withRefused(t);
  await untilEqual(async () => (await account.records("notes")).map(({ id }) => id).sort(), ["after", "before"]);
  await device.settled();
  assert.equal(await device.get("notes", "large"), null);
  const [parked] = await parkedIn(device);
  assert.deepEqual({ ...parked, id: undefined }, { id: undefined, collection: "notes", record: "large", op: "put", code: "too-large", size: TOO_LARGE });
  assert.equal(await device.run((db) => db.collection("notes").state("large")), "parked");
  const told = await device.heard("parked");
  assert.deepEqual(told.map(({ id, code }) => [id, code]), [[parked.id, "too-large"]]);
});

test("a refused edit of a synced record goes back to what the server has", async (t) => {
  const device = await stage.device(t, await stage.account());
  await device.put("notes", { id: "n", text: "small" });
  await device.settled();
  await device.run((db, size) => db.collection("notes").update("n", { text: "x".repeat(size) }).then(() => {}), TOO_LARGE);
  await until("the edit is parked", async () => (await device.status()).parked === 1);
  assert.deepEqual(await device.get("notes", "n"), { id: "n", text: "small" });
});

test("a parked change put back with smaller data is accepted", async (t) => {
  const { account, device } = await withRefused(t);
  const [parked] = await parkedIn(device);
  await device.run((db, id) => db.requeue(id, { id: "large", text: "shorter" }), parked.id);
  await untilEqual(async () => (await account.record("notes", "large"))?.data, { id: "large", text: "shorter" });
  await device.settled();
  assert.deepEqual([await device.get("notes", "large"), await parkedIn(device), (await device.status()).parked], [{ id: "large", text: "shorter" }, [], 0]);
});

test("a parked change that is discarded is gone", async (t) => {
  const { device } = await withRefused(t);
  const [parked] = await parkedIn(device);
  await device.run((db, id) => db.discard(id), parked.id);
  assert.deepEqual([await parkedIn(device), await device.get("notes", "large"), (await device.status()).parked], [[], null, 0]);
  const error = await device.failure((db, id) => db.requeue(id), parked.id);
  assert.equal(error.code, "not-found");
});

test("a parked change is there after a reload", async (t) => {
  const { device } = await withRefused(t);
  await device.settled();
  const before = await parkedIn(device);
  await device.reload();
  assert.deepEqual(await parkedIn(device), before);
});

test("a change that waits can be discarded, and the view goes back", async (t) => {
  const device = await stage.device(t, await stage.account());
  await device.put("notes", { id: "n", text: "first" });
  await device.settled();
  await device.setOnline(false);
  await device.update("notes", "n", { text: "second" });
  const [change] = await device.pending();
  await device.run((db, id) => db.discard(id), change?.id);
  assert.deepEqual([await device.get("notes", "n"), await device.pending()], [{ id: "n", text: "first" }, []]);
});

test("of a thousand changes one that the server refuses and one that no request has room for are parked, and the others land", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await device.settled();
  await device.setOnline(false);
  await device.run(async (db, sizes) => {
    const docs = Array.from({ length: 1000 }, (_, number) => ({ id: `n${number}`, text: "x".repeat(sizes[number] ?? 9) }));
    await db.collection("notes").putAll(docs);
  }, /** @type {Record<number, number>} */ ({ 333: TOO_LARGE, 777: 9 * 1024 * 1024 }));
  await device.setOnline(true);
  await until("all is done", async () => {
    const { pending, parked } = await device.status();
    return pending === 0 && parked === 2;
  });
  const there = (await account.records("notes")).map(({ id }) => id);
  assert.equal(new Set(there).size, 998);
  const parked = await parkedIn(device);
  assert.deepEqual(parked.map((/** @type {any} */ { record, code }) => [record, code]).sort(), [["n333", "too-large"], ["n777", "too-large"]]);
});
