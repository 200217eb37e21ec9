// @ts-check
// Tabs of one profile share one database: all read and write, one syncs, and another takes over when that one is gone.

import assert from "node:assert/strict";
import { after } from "node:test";

import { Device } from "./support/device.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/**
 * Two tabs of one profile, with sync on and one of them leading.
 * @param {import("node:test").TestContext} t
 */
async function twoTabs(t) {
  const account = await stage.account();
  const leader = await stage.device(t, account);
  await leader.settled();
  assert.equal((await leader.status()).leader, true);
  const follower = await Device.open(leader.profile, stage.site.url, leader.options);
  return { account, leader, follower };
}

test("one of two tabs leads, and both show the same status", async (t) => {
  const { leader, follower } = await twoTabs(t);
  await leader.live();
  const shown = async (/** @type {Device} */ device) => {
    const { state, pending, channel, lastSyncedAt } = await device.status();
    return { state, pending, channel, lastSyncedAt };
  };
  await untilEqual(async () => JSON.stringify(await shown(follower)), JSON.stringify(await shown(leader)));
  assert.deepEqual([(await leader.status()).leader, (await follower.status()).leader], [true, false]);
  assert.equal(await follower.run((db) => db.device), await leader.run((db) => db.device));
});

test("a write in one tab shows in the other, and the leader pushes it", async (t) => {
  const { account, leader, follower } = await twoTabs(t);
  const todo = await follower.put("todos", { title: "Milk" });
  await untilEqual(() => leader.get("todos", todo.id), todo);
  await untilEqual(async () => (await account.record("todos", todo.id))?.data, todo);
  assert.equal(await follower.tokenCalls(), 0);
  await follower.settled();
});

test("puts one after the other are told to the other tab by fewer words than there are, and the last one too", async (t) => {
  const reader = await stage.localDevice(t);
  const writer = await Device.open(reader.profile, stage.site.url, reader.options);
  await reader.page.evaluate((name) => {
    const page = /** @type {any} */ (window);
    page.words = 0;
    page.ear = new BroadcastChannel(name);
    page.ear.onmessage = (/** @type {MessageEvent} */ { data }) => (page.words += JSON.parse(data).kind === "committed" ? 1 : 0);
  }, `syncline:${writer.options.name}`);
  const PUTS = 200;
  await writer.run(async (db, puts) => {
    for (let n = 1; n <= puts; n += 1) {
      await db.collection("todos").put({ id: "t", n });
    }
  }, PUTS);
  await untilEqual(() => reader.get("todos", "t"), { id: "t", n: PUTS });
  const words = await reader.page.evaluate(() => /** @type {any} */ (window).words);
  assert.ok(words >= 1 && words < PUTS, `${words} words`);
});

test("changes say whether they came from here, from another tab or from the server", async (t) => {
  const { account, leader, follower } = await twoTabs(t);
  const other = await stage.device(t, account);
  const mine = await follower.put("todos", { title: "Milk" });
  await untilEqual(() => other.get("todos", mine.id), mine);
  const theirs = await other.put("todos", { title: "Bread" });
  await untilEqual(() => follower.get("todos", theirs.id), theirs);
  await untilEqual(() => leader.get("todos", theirs.id), theirs);
  const origins = async (/** @type {Device} */ device) =>
    (await device.heard("change")).map(({ collection, ids, origin }) => [collection, ids[0], origin]);
  assert.deepEqual(await origins(follower), [["todos", mine.id, "local"], ["todos", theirs.id, "remote"]]);
  assert.deepEqual(await origins(leader), [["todos", mine.id, "context"], ["todos", theirs.id, "remote"]]);
});

test("a follower can ask for a sync and is told what it did", async (t) => {
  const { account, leader, follower } = await twoTabs(t);
  await leader.run((db) => db.disable());
  await until("the follower knows", async () => (await follower.status()).state === "disabled");
  await follower.put("todos", { id: "t", title: "Milk" });
  await follower.run((db) => db.enable());
  await follower.run((db) => db.sync());
  assert.ok(await account.record("todos", "t"));
});

test("when the leading tab is closed the other leads and pushes", async (t) => {
  const { account, leader, follower } = await twoTabs(t);
  await leader.page.close();
  await until("the other leads", async () => (await follower.status()).leader);
  const todo = await follower.put("todos", { title: "Milk" });
  await untilEqual(async () => (await account.record("todos", todo.id))?.data, todo);
  await follower.live();
});

test("when the leading tab is closed in the middle of a push the other finishes it, once", async (t) => {
  const { account, leader, follower } = await twoTabs(t);
  /** @type {(taken: unknown) => void} */
  let taken = () => {};
  const push = new Promise((resolve) => { taken = resolve; });
  await leader.page.route("**/v1/push", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    await route.fetch();
    taken(undefined);
  });
  await follower.run((db) => db.collection("todos").putAll(Array.from({ length: 20 }, (_, n) => ({ id: `todo-${n}` }))));
  await push;
  assert.equal((await follower.status()).pending, 20);
  await leader.page.close();
  await follower.settled();
  const records = await account.records("todos");
  assert.deepEqual([records.length, records.every(({ version }) => version === 1)], [20, true]);
});

test("a tab that closes its client hands over too", async (t) => {
  const { leader, follower } = await twoTabs(t);
  await leader.run((db) => db.close());
  await until("the other leads", async () => (await follower.status()).leader);
  const error = await leader.failure((db) => db.collection("todos").put({ title: "Milk" }));
  assert.deepEqual([error.isSynclineError, error.code], [true, "closed"]);
});

test("when the leading tab crashes the other leads and pushes", async (t) => {
  const { account, leader, follower } = await twoTabs(t);
  const crashed = new Promise((resolve) => { leader.page.once("crash", resolve); });
  const session = await leader.profile.newCDPSession(leader.page);
  // The answer never comes from a page that has crashed.
  session.send("Page.crash").catch(() => {});
  await crashed;
  await until("the other leads", async () => (await follower.status()).leader);
  const todo = await follower.put("todos", { title: "Milk" });
  await untilEqual(async () => (await account.record("todos", todo.id))?.data, todo);
});

test("destroying the database in one tab ends it in the other, which is told so", async (t) => {
  const { leader, follower } = await twoTabs(t);
  await follower.run(async (db) => {
    await db.close();
    await /** @type {any} */ (window).destroy("e2e");
  });
  for (const ask of [(/** @type {any} */ db) => db.collection("todos").put({ title: "Milk" }), (/** @type {any} */ db) => db.sync()]) {
    const error = await leader.failure(ask);
    assert.deepEqual([error.isSynclineError, error.code, error.retryable], [true, "closed", false]);
  }
  const left = await follower.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  assert.deepEqual(left, []);
});

test("two tabs that write one record at the same time lose neither edit", async (t) => {
  const { account, leader, follower } = await twoTabs(t);
  await leader.put("todos", { id: "t", n: 0 });
  await untilEqual(() => follower.get("todos", "t"), { id: "t", n: 0 });
  await Promise.all([leader, follower].map((tab, place) => tab.run(async (db, place) => {
    for (let n = 1; n <= 50; n += 1) await db.collection("todos").update("t", { [`tab${place}`]: n });
  }, place)));
  const expected = { id: "t", n: 0, tab0: 50, tab1: 50 };
  await untilEqual(async () => [await leader.get("todos", "t"), await follower.get("todos", "t")], [expected, expected]);
  await untilEqual(async () => (await account.record("todos", "t"))?.data, expected);
});
