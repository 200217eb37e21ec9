// @ts-check
// Two devices of one user and the real server: edits travel, and edits that did not know each other are brought together.

import assert from "node:assert/strict";
import { after } from "node:test";

import { Account } from "./support/account.mjs";
import { agreed, cutOff, having } from "./support/pair.mjs";
import { Server } from "./support/server.mjs";
import { setStage } from "./support/stage.mjs";
import { pause, test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/**
 * @param {import("node:test").TestContext} t
 * @param {string} collection
 * @param {object} doc
 */
const bothHaving = (t, collection, doc) => having(stage, t, collection, doc);

test("an edit shows on another device through the live channel, though neither polls", async (t) => {
  const account = await stage.account();
  const [a, b] = await Promise.all([stage.device(t, account), stage.device(t, account)]);
  await Promise.all([a.live(), b.live()]);
  const { id } = await a.put("todos", { title: "Milk", done: false });
  await untilEqual(() => b.get("todos", id), { id, title: "Milk", done: false });
  await b.update("todos", id, { done: true });
  await untilEqual(() => a.get("todos", id), { id, title: "Milk", done: true });
});

test("an edit shows on another device by polling where there is no live channel", async (t) => {
  const account = await stage.account();
  const schedule = { live: false, pollInterval: 200 };
  const [a, b] = await Promise.all([stage.device(t, account, { schedule }), stage.device(t, account, { schedule })]);
  const { id } = await a.put("todos", { title: "Milk" });
  await untilEqual(() => b.get("todos", id), { id, title: "Milk" });
  await b.update("todos", id, { title: "Oat milk" });
  await untilEqual(() => a.get("todos", id), { id, title: "Oat milk" });
  assert.equal((await b.status()).channel, "poll");
});

test("a deletion travels", async (t) => {
  const both = await bothHaving(t, "todos", { title: "Milk" });
  await both.b.run((db, id) => db.collection("todos").delete(id), both.id);
  await agreed(both, "todos", null);
});

test("a device that comes later gets everything there is", async (t) => {
  const { account, a } = await bothHaving(t, "todos", { title: "Milk" });
  await a.run((db) => db.collection("todos").putAll(Array.from({ length: 2500 }, (_, n) => ({ title: `Todo ${n}` }))));
  await a.settled();
  const late = await stage.device(t, account);
  await untilEqual(() => late.run((db) => db.collection("todos").count()), 2501);
});

test("what was written before there was a backend is pushed once there is one", async (t) => {
  const account = await stage.account();
  const device = await stage.localDevice(t);
  const { id } = await device.put("todos", { title: "Milk" });
  device.options = { ...device.options, url: account.url, tokens: [account.token], account: account.email };
  await device.reload();
  await device.run((db) => db.enable());
  await untilEqual(async () => (await account.record("todos", id))?.data, { id, title: "Milk" });
});

test("offline edits of different fields of one record are both kept", async (t) => {
  const both = await bothHaving(t, "todos", { title: "Milk", done: false, tags: { shop: "corner" } });
  const { a, b, id } = both;
  await cutOff(a, b);
  await a.update("todos", id, { title: "Oat milk", tags: { aisle: "4" } });
  await b.update("todos", id, { done: true, tags: { shop: "market" } });
  await a.setOnline(true);
  await b.setOnline(true);
  await agreed(both, "todos", { id, title: "Oat milk", done: true, tags: { shop: "market", aisle: "4" } });
});

test("a field that both edited offline goes to the later edit, whoever comes back first", async (t) => {
  const both = await bothHaving(t, "todos", { title: "Milk", done: false });
  const { a, b, id } = both;
  await cutOff(a, b);
  await a.update("todos", id, { title: "Earlier", done: true });
  await b.update("todos", id, { title: "Later" });
  await b.setOnline(true);
  await b.settled();
  await a.setOnline(true);
  await agreed(both, "todos", { id, title: "Later", done: true });
});

test("under last-write-wins the later edit of a record stands as a whole, whoever comes back first", async (t) => {
  const both = await bothHaving(t, "notes", { text: "First", pinned: false });
  const { a, b, id } = both;
  await cutOff(a, b);
  await a.update("notes", id, { text: "Earlier" });
  await b.update("notes", id, { pinned: true });
  await b.setOnline(true);
  await b.settled();
  await a.setOnline(true);
  await agreed(both, "notes", { id, text: "First", pinned: true });
});

test("the device that meets a conflict tells of it with all three documents", async (t) => {
  const both = await bothHaving(t, "todos", { title: "Milk", done: false });
  const { a, b, id } = both;
  await cutOff(a);
  await a.update("todos", id, { title: "Oat milk" });
  await b.update("todos", id, { done: true });
  await b.settled();
  await a.setOnline(true);
  await agreed(both, "todos", { id, title: "Oat milk", done: true });
  const [conflict, ...others] = await a.heard("conflict");
  assert.deepEqual(others, []);
  const { collection, record, kind, base, local, remote, resolvedAs } = conflict;
  assert.deepEqual({ collection, record, kind, resolvedAs }, { collection: "todos", record: id, kind: "update-update", resolvedAs: "merged" });
  assert.deepEqual(base, { id, title: "Milk", done: false });
  assert.deepEqual(local, { id, title: "Oat milk", done: false });
  assert.deepEqual(remote, { id, title: "Milk", done: true });
  assert.deepEqual(await b.heard("conflict"), []);
});

for (const collection of ["todos", "notes"]) {
  test(`an edit that is later than a deletion brings the record back (${collection})`, async (t) => {
    const both = await bothHaving(t, collection, { title: "Milk", done: false });
    const { a, b, id } = both;
    await cutOff(a, b);
    await a.run((db, [collection, id]) => db.collection(collection).delete(id), [collection, id]);
    await b.update(collection, id, { done: true });
    await a.setOnline(true);
    await a.settled();
    await b.setOnline(true);
    await agreed(both, collection, { id, title: "Milk", done: true });
  });

  test(`a deletion that is later than an edit stands, whoever comes back first (${collection})`, async (t) => {
    const both = await bothHaving(t, collection, { title: "Milk", done: false });
    const { a, b, id } = both;
    await cutOff(a, b);
    await a.update(collection, id, { done: true });
    await b.run((db, [collection, id]) => db.collection(collection).delete(id), [collection, id]);
    await b.setOnline(true);
    await b.settled();
    await a.setOnline(true);
    await agreed(both, collection, null);
  });
}

test("which edit is later does not depend on a device's clock being right", async (t) => {
  const account = await stage.account();
  const profile = await stage.profile(t);
  await profile.addInitScript(() => {
    const right = Date.now.bind(Date);
    Date.now = () => right() + 3_600_000;
  });
  const [ahead, b] = await Promise.all([stage.device(t, account, { profile }), stage.device(t, account)]);
  const { id } = await ahead.put("notes", { text: "First" });
  await untilEqual(() => b.get("notes", id), { id, text: "First" });
  await cutOff(ahead, b);
  await ahead.update("notes", id, { text: "Earlier, by a clock an hour ahead" });
  // More than the way to the server and back can make the measured difference of two clocks wrong by.
  await pause(2000);
  await b.update("notes", id, { text: "Later" });
  await b.setOnline(true);
  await b.settled();
  await ahead.setOnline(true);
  await agreed({ account, a: ahead, b, id }, "notes", { id, text: "Later" });
});

test("the live channel comes back after the server was restarted", async (t) => {
  const server = await Server.start();
  t.after(() => server.end());
  const account = await Account.register(server.url);
  const [a, b] = await Promise.all([stage.device(t, account), stage.device(t, account)]);
  await Promise.all([a.live(), b.live()]);
  await server.kill();
  await until("both have noticed", async () => (await a.status()).channel === "poll" && (await b.status()).channel === "poll");
  await server.restart();
  await Promise.all([a.live(), b.live()]);
  const todo = await a.put("todos", { title: "Milk" });
  await untilEqual(() => b.get("todos", todo.id), todo);
});

test("both devices creating a record of the same id offline end with one", async (t) => {
  const account = await stage.account();
  const [a, b] = await Promise.all([stage.device(t, account), stage.device(t, account)]);
  await Promise.all([a.settled(), b.settled()]);
  await cutOff(a, b);
  await a.put("todos", { id: "same", fromA: 1 });
  await b.put("todos", { id: "same", fromB: 2 });
  await a.setOnline(true);
  await b.setOnline(true);
  await agreed({ account, a, b, id: "same" }, "todos", { id: "same", fromA: 1, fromB: 2 });
});
