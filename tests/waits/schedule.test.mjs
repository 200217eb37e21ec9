// @ts-check
// When a page syncs by itself in a real browser: what wakes it, what slows it down, and that it rests while nothing happens.

import assert from "node:assert/strict";
import { after } from "node:test";
import { isDeepStrictEqual } from "node:util";

import { Device } from "../e2e/support/device.mjs";
import { setStage } from "../e2e/support/stage.mjs";
import { pause, test, until, untilEqual } from "../e2e/support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** Polls so seldom that none comes within a test. */
const SELDOM = { pollInterval: 600_000 };
/** A bit longer than a cycle has to be past for a page that is shown to want another. */
const NO_LONGER_FRESH = 5_500;

test("no timer is set while hints arrive and nothing happens, in no tab", async (t) => {
  const account = await stage.account();
  const profile = await stage.profile(t);
  await profile.addInitScript(() => {
    const page = /** @type {any} */ (window);
    page.timers = 0;
    for (const name of ["setTimeout", "setInterval", "requestIdleCallback", "requestAnimationFrame"]) {
      const original = page[name];
      page[name] = (/** @type {any[]} */ ...args) => {
        page.timers += 1;
        return original.apply(window, args);
      };
    }
  });
  const leader = await stage.device(t, account, { profile });
  const follower = await Device.open(profile, stage.site.url, leader.options);
  await follower.put("todos", { title: "Milk" });
  await leader.live();
  await leader.settled();
  await follower.settled();
  const counts = () => Promise.all([leader, follower].map((tab) => tab.page.evaluate(() => /** @type {any} */ (window).timers)));
  assert.ok((await counts())[0] > 0, "timers are counted");
  // A follower looks once, some seconds after a write, whether the leader took it; after that nothing is left to look at.
  await until("no timer was set for five seconds", async () => {
    const before = await counts();
    await pause(5_000);
    return isDeepStrictEqual(await counts(), before);
  });
});

for (const [what, target, kind] of /** @type {const} */ ([
  ["comes into focus", "window", "focus"],
  ["is shown from the back/forward cache", "window", "pageshow"],
  ["becomes visible", "document", "visibilitychange"],
])) {
  test(`a page that ${what} pulls at once`, async (t) => {
    const account = await stage.account();
    const device = await stage.device(t, account, { schedule: { ...SELDOM, live: false } });
    const other = await stage.device(t, account);
    await device.settled();
    const todo = await other.put("todos", { title: "Milk" });
    await other.settled();
    await pause(NO_LONGER_FRESH);
    assert.equal(await device.get("todos", todo.id), null);
    await device.page.evaluate(([target, kind]) => void /** @type {any} */ (window)[target].dispatchEvent(new Event(kind)), /** @type {const} */ ([target, kind]));
    await untilEqual(() => device.get("todos", todo.id), todo);
  });
}

test("a tab that is shown has the leading one in the background pull", async (t) => {
  const account = await stage.account();
  const leader = await stage.device(t, account, { schedule: { ...SELDOM, live: false } });
  await leader.settled();
  const follower = await Device.open(leader.profile, stage.site.url, leader.options);
  const other = await stage.device(t, account);
  const todo = await other.put("todos", { title: "Milk" });
  await other.settled();
  await pause(NO_LONGER_FRESH);
  await follower.page.evaluate(() => void window.dispatchEvent(new Event("focus")));
  await untilEqual(() => follower.get("todos", todo.id), todo);
  assert.deepEqual([(await leader.status()).leader, (await follower.status()).leader], [true, false]);
});

/** Lets a test say whether the user wants data saved. */
function fakeConnection() {
  const connection = Object.assign(new EventTarget(), { saveData: false });
  Object.defineProperty(navigator, "connection", { value: connection });
  Object.assign(window, {
    saveData(/** @type {boolean} */ isSaved) {
      connection.saveData = isSaved;
      connection.dispatchEvent(new Event("change"));
    },
  });
}

/**
 * @param {Device} device
 * @param {boolean} isSaved
 */
function saveData(device, isSaved) {
  return device.page.evaluate((isSaved) => /** @type {any} */ (window).saveData(isSaved), isSaved);
}

test("where data is to be saved the live channel ends, and it comes back", async (t) => {
  const account = await stage.account();
  const profile = await stage.profile(t);
  await profile.addInitScript(fakeConnection);
  const device = await stage.device(t, account, { profile, schedule: { pollInterval: 60_000 } });
  await device.live();
  await saveData(device, true);
  await until("the channel is down", async () => (await device.status()).channel === "poll");
  await until("polls are ten times as seldom", async () => ((await device.status()).nextSyncAt ?? 0) - Date.now() > 300_000);
  const todo = await device.put("todos", { title: "Milk" });
  await untilEqual(async () => (await account.record("todos", todo.id))?.data, todo);
  await saveData(device, false);
  await device.live();
});

test("where saved data means a pause only a call of sync syncs", async (t) => {
  const account = await stage.account();
  const profile = await stage.profile(t);
  await profile.addInitScript(fakeConnection);
  const device = await stage.device(t, account, { profile, schedule: { ...SELDOM, saveData: "pause" } });
  await device.settled();
  await saveData(device, true);
  await device.put("todos", { id: "t", title: "Milk" });
  await pause(1_000);
  const { state, nextSyncAt } = await device.status();
  assert.deepEqual([state, nextSyncAt], ["pending", null]);
  await device.run((db) => db.sync());
  assert.ok(await account.record("todos", "t"));
});

test("traffic keeps below the bandwidth that was given", async (t) => {
  const account = await stage.account();
  const bandwidth = 20_000;
  const device = await stage.device(t, account, { schedule: { ...SELDOM, live: false, bandwidth } });
  await device.settled();
  /** @type {[moment: number, bytes: number][]} */
  const pushes = [];
  // By the browser's clock: word of a request may come late.
  device.page.on("requestfinished", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/v1/push")) pushes.push([request.timing().startTime, request.postData()?.length ?? 0]);
  });
  await device.run((db) => db.collection("todos").putAll(Array.from({ length: 60 }, (_, n) => ({ n, text: "x".repeat(2_000) }))));
  await device.settled();
  pushes.sort(([one], [other]) => one - other);
  const bytes = pushes.map(([, bytes]) => bytes);
  assert.ok(Math.max(...bytes) <= 2.2 * bandwidth, `no request of more than two seconds' worth: ${bytes}`);
  // Whatever goes after the first may go once that is paid for.
  const [first, last] = [pushes[0]?.[0] ?? 0, pushes.at(-1)?.[0] ?? 0];
  const sent = bytes.slice(0, -1).reduce((sum, bytes) => sum + bytes, 0);
  const rate = (sent - bandwidth) / ((last - first) / 1_000);
  t.diagnostic(`${pushes.length} pushes of ${bytes.join(", ")} bytes within ${last - first} ms: ${Math.round(rate)} bytes per second`);
  assert.ok(pushes.length >= 3 && rate <= bandwidth, `${rate} bytes per second`);
});

test("a higher priority is pushed first, and its records are there first", async (t) => {
  const account = await stage.account();
  const collections = { todos: { priority: 1 }, notes: { priority: 5 } };
  const device = await stage.device(t, account, { collections, schedule: SELDOM });
  await device.settled();
  const changes = device.page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/v1/push"));
  await device.run((db) => db.batch((/** @type {any} */ tx) => {
    tx.put("todos", { id: "t" });
    tx.put("notes", { id: "n" });
  }));
  const pushed = (await changes).postDataJSON().changes.map((/** @type {any} */ { collection }) => collection);
  assert.deepEqual(pushed, ["notes", "todos"]);
  await device.settled();
  const other = await stage.localDevice(t, { url: account.url, tokens: [account.token], account: account.email, collections, schedule: SELDOM });
  const order = await other.run(async (db) => {
    const order = /** @type {string[]} */ ([]);
    db.addEventListener("change", (/** @type {any} */ { detail }) => order.push(detail.collection));
    await db.enable();
    await db.sync();
    return order;
  });
  assert.deepEqual(order, ["notes", "todos"]);
});

test("the direction that a database is opened with counts, whatever it was before", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account, { schedule: SELDOM });
  await device.put("todos", { id: "a" });
  await device.settled();
  const reopened = async (/** @type {string} */ direction) => {
    device.options = { ...device.options, collections: { todos: { direction }, notes: {} } };
    await device.reload();
  };
  const other = await stage.device(t, account);
  await reopened("pull");
  await device.put("todos", { id: "b" });
  await other.put("todos", { id: "c" });
  await untilEqual(() => device.get("todos", "c"), { id: "c" });
  await device.run((db) => db.sync());
  assert.equal(await account.record("todos", "b"), undefined);
  await reopened("push");
  await untilEqual(async () => (await account.record("todos", "b"))?.data, { id: "b" });
  await other.put("todos", { id: "d" });
  await other.settled();
  await device.run((db) => db.sync());
  assert.equal(await device.get("todos", "d"), null);
  await reopened("none");
  await device.put("todos", { id: "e" });
  await device.run((db) => db.sync());
  assert.deepEqual([await device.get("todos", "d"), await account.record("todos", "e")], [null, undefined]);
  await reopened("both");
  await untilEqual(() => device.get("todos", "d"), { id: "d" });
  await untilEqual(async () => (await account.record("todos", "e"))?.data, { id: "e" });
});
