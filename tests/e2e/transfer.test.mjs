// @ts-check
// Files that hold a whole database, and signing out, in a browser: round trips with ten thousand records, queue and all.

import assert from "node:assert/strict";
import { after } from "node:test";

import { setStage } from "./support/stage.mjs";
import { test, until } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

const COUNT = 10_000;

/** What a database holds, as the app sees it. @param {any} device */
const everything = (device) => device.run(async (/** @type {any} */ db) => ({
  todos: await db.collection("todos").list(),
  notes: await db.collection("notes").list(),
  pending: (await db.pending()).map((/** @type {any} */ { id, record, op, data }) => ({ id, record, op, data })),
  parked: await db.parked(),
  enabled: Object.values(db.status.collections).map(({ enabled }) => enabled),
}));

/** The file, through the test: another profile cannot see a Blob of this one. @param {any} device @returns {Promise<number[]>} */
const exported = (device) => device.run(async (/** @type {any} */ db) => {
  const file = await db.export();
  if (file.type !== "application/gzip") throw new Error(file.type);
  return [...new Uint8Array(await file.arrayBuffer())];
});

/**
 * @param {any} device
 * @param {number[]} bytes
 * @param {"replace" | "merge"} mode
 */
const imported = (device, bytes, mode) =>
  device.run((/** @type {any} */ db, /** @type {any} */ [bytes, mode]) => db.import(new Blob([new Uint8Array(bytes)]), mode), [bytes, mode]);

test("ten thousand records, half of them synced, come back equal with their queue", async (t) => {
  const account = await stage.account();
  const one = await stage.device(t, account);
  await one.run((db, count) => db.collection("todos").putAll(Array.from({ length: count }, (_, at) => ({ id: `t${at}`, title: `Todo "${at}" é` }))), COUNT / 2);
  await one.settled();
  await one.run((db) => db.disable());
  await one.run((db, count) => db.collection("notes").putAll(Array.from({ length: count }, (_, at) => ({ id: `n${at}`, text: "x".repeat(at % 50) }))), COUNT / 2);
  await one.run((db) => db.collection("todos").delete("t7"));
  const before = await everything(one);
  assert.equal(before.pending.length, COUNT / 2 + 1);
  const bytes = await exported(one);
  const other = await stage.localDevice(t, { url: account.url, tokens: [account.token] });
  await other.put("notes", { id: "other", text: "goes" });
  assert.deepEqual(await imported(other, bytes, "replace"), { records: COUNT - 1 });
  assert.deepEqual(await everything(other), before);
  await other.reload();
  assert.deepEqual(await everything(other), before);
  await other.run((db) => db.enable());
  await other.settled();
  assert.equal((await account.records("notes")).length, COUNT / 2);
});

test("merging makes local edits of what differs and deletes nothing", async (t) => {
  const one = await stage.localDevice(t);
  await one.put("todos", { id: "a", title: "Milk" });
  await one.put("todos", { id: "b", title: "Bread" });
  const bytes = await exported(one);
  await one.update("todos", "a", { title: "Oat milk" });
  await one.put("notes", { id: "n", text: "stays" });
  assert.deepEqual(await imported(one, bytes, "merge"), { records: 2 });
  assert.deepEqual(await one.list("todos"), [{ id: "a", title: "Milk" }, { id: "b", title: "Bread" }]);
  assert.deepEqual(await one.get("notes", "n"), { id: "n", text: "stays" });
});

test("what is no exported file is refused by name and changes nothing", async (t) => {
  const one = await stage.localDevice(t);
  await one.put("todos", { id: "a", title: "Milk" });
  const bytes = await exported(one);
  const bad = [[], [1, 2, 3], bytes.slice(0, -9), bytes.map((byte, at) => (at === 40 ? byte ^ 255 : byte))];
  for (const file of bad) {
    for (const mode of ["replace", "merge"]) {
      const error = await one.failure((db, [file, mode]) => db.import(new Blob([new Uint8Array(file)]), mode), /** @type {any} */ ([file, mode]));
      assert.deepEqual([error.isSynclineError, error.code, error.message.startsWith("file: ")], [true, "invalid-argument", true], error.message);
    }
  }
  const text = await one.failure((db) => db.import("file", "merge"));
  assert.equal(text.message, "file: must be a Blob");
  const mode = await one.failure((db) => db.import(new Blob([]), "overwrite"));
  assert.match(mode.message, /^mode: /);
  assert.deepEqual(await one.list("todos"), [{ id: "a", title: "Milk" }]);
});

test("signing out asks before it drops changes, and leaves nothing for the next account", async (t) => {
  const account = await stage.account();
  const one = await stage.device(t, account);
  await one.put("todos", { id: "a", title: "Milk" });
  await one.settled();
  const other = await stage.localDevice(t, { profile: one.profile, url: account.url, tokens: [account.token], account: account.email });
  await other.run((db) => {
    const live = db.collection("todos").live();
    /** @type {any} */ (globalThis).live = live;
    live.subscribe(() => {});
  });
  const shown = () => other.run(() => /** @type {any} */ (globalThis).live.current?.length);
  await until("the live query is answered", async () => (await shown()) === 1);
  await one.setOnline(false);
  await one.put("todos", { id: "b", title: "Bread" });
  const refused = await one.failure((db) => db.signOut());
  assert.deepEqual([refused.code, (await one.list("todos")).length], ["pending-changes", 2]);
  await one.run((db) => db.signOut({ dropPending: true }));
  assert.deepEqual([await one.list("todos"), await one.pending(), (await one.status()).state], [[], [], "disabled"]);
  await until("the other page shows nothing", async () => (await shown()) === 0);
  await one.setOnline(true);
  const next = await stage.account();
  one.options = { ...one.options, tokens: [next.token], account: next.email };
  await one.reload();
  assert.deepEqual(await one.list("todos"), []);

  // The page of the first account is still open.
  assert.deepEqual((await other.heard("error")).map(({ code }) => code), ["account-mismatch"]);
  await one.run((db) => db.enable());
  await one.put("todos", { id: "c", title: "Of the next one" });
  for (const ask of [
    (/** @type {any} */ db) => db.collection("todos").put({ id: "d", title: "Of the first one" }),
    (/** @type {any} */ db) => db.collection("todos").list(),
    (/** @type {any} */ db) => db.sync(),
    (/** @type {any} */ db) => db.signOut({ dropPending: true }),
  ]) {
    const { isSynclineError, code, retryable } = await other.failure(ask);
    assert.deepEqual([isSynclineError, code, retryable], [true, "account-mismatch", false]);
  }
  await one.settled();
  assert.deepEqual((await next.records("todos")).map(({ id }) => id), ["c"]);
  assert.equal(await shown(), 0);
});
