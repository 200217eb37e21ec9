// @ts-check
// Which of several tabs syncs, when the one that does is frozen or ends, and what each can do meanwhile.

import assert from "node:assert/strict";
import { after } from "node:test";

import { Device } from "../e2e/support/device.mjs";
import { setStage } from "../e2e/support/stage.mjs";
import { test, until, untilEqual } from "../e2e/support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** Milliseconds within which a tab must lead once the leading one has ended: far less than it takes to find a frozen one out. */
const TAKE_OVER = 5_000;

/**
 * Two tabs of one profile, with sync on and the first of them leading.
 * @param {import("node:test").TestContext} t
 * @param {any} [options]
 */
async function twoTabs(t, options) {
  const account = await stage.account();
  const leader = await stage.device(t, account, options);
  await leader.settled();
  const follower = await Device.open(leader.profile, stage.site.url, leader.options);
  await until("one leads", async () => (await leader.status()).leader && !(await follower.status()).leader);
  return { account, leader, follower };
}

/**
 * Stops a tab where it is: it keeps its lock and its messages and does nothing. A tab that is shown does not freeze when the
 * browser is told to (`Page.setWebLifecycleState`), so that the debugger holds it. Gives what lets it go on.
 * @param {Device} tab
 */
async function freeze(tab) {
  const session = await tab.profile.newCDPSession(tab.page);
  await session.send("Debugger.enable");
  const paused = new Promise((resolve) => { session.once("Debugger.paused", resolve); });
  await session.send("Debugger.pause");
  const held = tab.page.evaluate(() => Date.now());
  await paused;
  return async () => {
    await session.send("Debugger.disable");
    await held;
  };
}

test("a tab takes the lead from one that is frozen, and that one follows when it is thawed", async (t) => {
  const { account, leader, follower } = await twoTabs(t);
  const thaw = await freeze(leader);
  const todo = await follower.put("todos", { title: "Milk" });
  await until("the other leads", async () => (await follower.status()).leader);
  await untilEqual(async () => (await account.record("todos", todo.id))?.data, todo);
  await thaw();
  await until("the thawed tab follows", async () => !(await leader.status()).leader);
  const second = await leader.put("todos", { title: "Bread" });
  await untilEqual(async () => (await account.record("todos", second.id))?.data, second);
  await follower.settled();
  assert.equal((await follower.status()).leader, true);
  const records = await account.records("todos");
  assert.deepEqual(records.map(({ id, version }) => [id, version]).sort(), [[todo.id, 1], [second.id, 1]].sort());
  assert.deepEqual((await leader.list("todos")).length, 2);
});

test("a tab that is frozen in the middle of a push does nothing twice when it is thawed", async (t) => {
  const { account, leader, follower } = await twoTabs(t);
  /** @type {(taken: unknown) => void} */
  let taken = () => {};
  const push = new Promise((resolve) => { taken = resolve; });
  /** @type {(answer: unknown) => void} */
  let answer = () => {};
  const answered = new Promise((resolve) => { answer = resolve; });
  await leader.page.route("**/v1/push", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    const response = await route.fetch();
    taken(undefined);
    await answered;
    return route.fulfill({ response });
  });
  await leader.put("todos", { id: "t", title: "Milk" });
  await push;
  const thaw = await freeze(leader);
  await follower.update("todos", "t", { title: "Oat milk" });
  await until("the other leads", async () => (await follower.status()).leader);
  await untilEqual(async () => (await account.record("todos", "t"))?.data, { id: "t", title: "Oat milk" });
  answer(undefined);
  await thaw();
  await until("the thawed tab follows", async () => !(await leader.status()).leader);
  await follower.settled();
  assert.equal((await account.record("todos", "t"))?.version, 2);
  await untilEqual(() => leader.get("todos", "t"), { id: "t", title: "Oat milk" });
});

test("a call of sync in a tab takes the lead from a frozen one and is answered", async (t) => {
  const { leader, follower } = await twoTabs(t);
  const thaw = await freeze(leader);
  const report = await follower.run((db) => db.sync());
  assert.ok(report.requests > 0);
  assert.equal((await follower.status()).leader, true);
  await thaw();
});

test("a tab leads at once when the leading one is closed", async (t) => {
  const { leader, follower } = await twoTabs(t);
  const leads = follower.run((db) => new Promise((resolve) => {
    db.subscribe((/** @type {any} */ status) => { if (status.leader) resolve(Date.now()); });
  }));
  const began = Date.now();
  await leader.page.close();
  const took = /** @type {number} */ (await leads) - began;
  t.diagnostic(`the other tab led ${took} ms after the order to close the first`);
  assert.ok(took < TAKE_OVER, `${took} ms`);
});

test("every tab reads, writes and shows the status, offline too", async (t) => {
  const { account, leader, follower } = await twoTabs(t);
  await leader.setOnline(false);
  for (const tab of [leader, follower]) {
    await until("the tab says that it is offline", async () => (await tab.status()).state === "offline");
  }
  const [one, other] = [await leader.put("todos", { n: 1 }), await follower.put("todos", { n: 2 })];
  await untilEqual(() => follower.get("todos", one.id), one);
  await untilEqual(() => leader.get("todos", other.id), other);
  for (const tab of [leader, follower]) await untilEqual(async () => (await tab.status()).pending, 2);
  await leader.setOnline(true);
  for (const tab of [leader, follower]) await tab.settled();
  assert.equal((await account.records("todos")).length, 2);
});

test("a sync for which there is no backend anywhere fails at once and says so", async (t) => {
  const device = await stage.localDevice(t);
  await device.run((db) => db.enable());
  const [error, took] = await device.run(async (db) => {
    const began = performance.now();
    const error = await db.sync().catch((/** @type {any} */ error) => error);
    return [{ code: error.code, message: error.message }, performance.now() - began];
  });
  assert.equal(error.code, "invalid-argument");
  assert.match(error.message, /^backend: none was given/);
  assert.ok(took < TAKE_OVER, `${took} ms`);
});

test("a tab opened without a backend has the one that has it sync", async (t) => {
  const { account, leader } = await twoTabs(t);
  const local = await Device.open(leader.profile, stage.site.url, { account: account.email });
  await local.put("todos", { id: "t", title: "Milk" });
  const report = await local.run((db) => db.sync());
  assert.ok(report.requests > 0);
  assert.ok(await account.record("todos", "t"));
});

test("a follower's sync can be given up or limited in time, and the leader stops", async (t) => {
  const { leader, follower } = await twoTabs(t, { schedule: { pollInterval: 600_000, debounce: 600_000 } });
  let pushes = 0;
  await leader.page.route("**/v1/push", () => { pushes += 1; });
  await follower.put("todos", { title: "Milk" });
  const failure = follower.failure((db) => {
    const controller = new AbortController();
    Object.assign(window, { giveUp: () => controller.abort() });
    return db.sync({ signal: controller.signal });
  });
  await until("the leader pushes", () => pushes === 1);
  await follower.page.evaluate(() => /** @type {any} */ (window).giveUp());
  const aborted = await failure;
  assert.deepEqual([aborted.isSynclineError, aborted.code], [true, "aborted"]);
  await until("the leader stops", async () => (await leader.status()).state === "pending");
  // A leader that takes long to say what it did is not waited for: the report then says nothing of it.
  const report = await until("the leader says what it did", async () => {
    const report = await follower.run((db) => db.sync({ budgetMs: 3_000 }));
    return report.requests >= 1 && report;
  });
  assert.deepEqual([report.pushed, pushes >= 2], [0, true]);
  assert.equal((await follower.pending()).length, 1);
});

test("progress is told in every tab, with the collection", async (t) => {
  const { leader, follower } = await twoTabs(t);
  for (const tab of [leader, follower]) {
    await tab.run((db) => {
      const heard = /** @type {any[]} */ ((/** @type {any} */ (window).progress = []));
      db.addEventListener("progress", (/** @type {any} */ { detail }) => heard.push(detail));
    });
  }
  await leader.run((db) => db.collection("todos").putAll(Array.from({ length: 1_200 }, (_, n) => ({ n }))));
  await leader.settled();
  for (const tab of [leader, follower]) {
    const heard = await until("the tab hears", async () => {
      const heard = await tab.page.evaluate(() => /** @type {any} */ (window).progress);
      return heard.some((/** @type {any} */ { done }) => done === 1_200) && heard;
    });
    const pushed = heard.filter((/** @type {any} */ { phase }) => phase === "push");
    const places = pushed.map((/** @type {any} */ { done }) => done);
    assert.deepEqual(places, [...places].sort((a, b) => a - b));
    assert.ok(pushed.length >= 3, JSON.stringify(pushed));
    assert.ok(pushed.every((/** @type {any} */ p) => p.collection === "todos" && p.total === 1_200), JSON.stringify(pushed));
  }
  assert.equal((await leader.status()).progress, null);
});

test("metrics say what this tab has done", async (t) => {
  const { leader, follower } = await twoTabs(t);
  await leader.put("todos", { title: "Milk" });
  await follower.put("todos", { title: "Bread" });
  await leader.run((db) => db.sync());
  const [leads, follows] = [await leader.run((db) => db.metrics()), await follower.run((db) => db.metrics())];
  assert.equal(leads.pushed, 2);
  assert.ok(leads.syncs >= 2 && leads.bytesSent > 0 && leads.bytesReceived > 0, JSON.stringify(leads));
  assert.ok(leads.syncMs.p50 > 0 && leads.syncMs.p95 >= leads.syncMs.p50, JSON.stringify(leads));
  assert.ok(follows.commitMs.p50 > 0 && follows.commitMs.p95 >= follows.commitMs.p50, JSON.stringify(follows));
  assert.deepEqual([follows.syncs, follows.pushed, follows.failures], [0, 0, 0]);
});
