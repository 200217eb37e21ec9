// @ts-check
// The offline queue against reloads, lost answers and a server that is killed: nothing is lost, nothing arrives twice.

import assert from "node:assert/strict";
import { after } from "node:test";

import { Server } from "./support/server.mjs";
import { setStage } from "./support/stage.mjs";
import { Account } from "./support/account.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** @typedef {import("./support/device.mjs").Device} Device */

/** More than go into one push. */
const MANY = 1800;

/**
 * Cuts a device off and writes that many todos, each in a commit of its own.
 * @param {Device} device
 * @param {number} count
 */
async function writeOffline(device, count) {
  await device.setOnline(false);
  await device.run(async (db, count) => {
    const todos = db.collection("todos");
    await Promise.all(Array.from({ length: count }, (_, n) => todos.put({ id: `todo-${n}`, n })));
  }, count);
}

/**
 * Waits until the queue is empty; then the server has each todo once, at its first version, and hands it out once.
 * @param {Device} device
 * @param {Account} account
 * @param {number} count
 */
async function arrivedOnce(device, account, count) {
  await device.settled();
  const found = await account.records("todos");
  assert.equal(found.length, count);
  const expected = Array.from({ length: count }, (_, n) => [`todo-${n}`, 1, n]);
  const seen = found.map(({ id, version, data }) => [id, version, data.n]);
  assert.deepEqual(seen.sort(byNumber), expected);
  assert.deepEqual(await device.pending(), []);
  assert.equal(await device.run((db) => db.collection("todos").count()), count);
}

/** @param {any[]} one @param {any[]} other */
function byNumber(one, other) {
  return one[2] - other[2];
}

/**
 * Answers pushes from the second on as a test says; the first goes through.
 * @param {Device} device
 * @param {(route: import("playwright-core").Route) => Promise<void>} answer
 */
async function fromSecondPush(device, answer) {
  let pushes = 0;
  await device.page.route("**/v1/push", async (route) => {
    // A preflight is no push.
    if (route.request().method() !== "POST") return route.continue();
    pushes += 1;
    return pushes === 1 ? route.continue() : answer(route);
  });
}

test("three hundred offline changes are counted while they wait and drain in one sync", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await device.settled();
  await writeOffline(device, 300);
  const { state, pending, collections } = await device.status();
  assert.deepEqual([state, pending, collections.todos?.pending], ["offline", 300, 300]);
  assert.equal((await device.pending()).length, 300);
  assert.deepEqual(await account.records("todos"), []);
  await device.setOnline(true);
  await arrivedOnce(device, account, 300);
  const pushed = (await device.heard("sync")).map((report) => report.pushed).filter((pushed) => pushed > 0);
  assert.deepEqual(pushed, [300]);
});

test("edits of one record wait as one change, whose base is what the server has", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  const { id } = await device.put("todos", { title: "Milk" });
  await device.settled();
  await device.setOnline(false);
  await device.update("todos", id, { title: "Oat milk" });
  await device.update("todos", id, { done: true });
  const [change, ...others] = await device.pending();
  assert.deepEqual(others, []);
  assert.deepEqual([change?.record, change?.base, change?.state], [id, 1, "queued"]);
  await device.setOnline(true);
  await untilEqual(async () => await account.record("todos", id).then((r) => [r?.version, r?.data]), [2, { id, title: "Oat milk", done: true }]);
});

test("a record made and deleted offline leaves nothing to send", async (t) => {
  const device = await stage.device(t, await stage.account());
  await device.settled();
  await device.setOnline(false);
  const { id } = await device.put("todos", { title: "Milk" });
  await device.run((db, id) => db.collection("todos").delete(id), id);
  assert.deepEqual(await device.pending(), []);
});

test("a reload in the middle of draining loses nothing, though the server's answer was lost with it", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await device.settled();
  await writeOffline(device, MANY);
  /** @type {(reached: unknown) => void} */
  let reached = () => {};
  const middle = new Promise((resolve) => { reached = resolve; });
  await fromSecondPush(device, async (route) => {
    // The server takes the changes, and the page never hears of it.
    await route.fetch();
    reached(undefined);
  });
  await device.setOnline(true);
  await middle;
  const { pending } = await device.status();
  assert.ok(pending > 0 && pending < MANY, `in the middle: ${pending}`);
  await device.page.unrouteAll({ behavior: "ignoreErrors" });
  await device.reload();
  await arrivedOnce(device, account, MANY);
});

test("a server killed after it took a push and before it answered has everything once", async (t) => {
  const server = await Server.start();
  t.after(() => server.end());
  const account = await Account.register(server.url);
  const device = await stage.device(t, account);
  await device.settled();
  await writeOffline(device, MANY);
  let hasBegun = false;
  let isGone = false;
  await fromSecondPush(device, async (route) => {
    if (hasBegun) return route.continue();
    hasBegun = true;
    await route.fetch();
    await server.kill();
    await route.abort("connectionreset");
    isGone = true;
  });
  await device.setOnline(true);
  await until("the server is gone and the device says so", async () => isGone && (await device.status()).state === "offline");
  await server.restart();
  await arrivedOnce(device, account, MANY);
});

test("a server killed while it works on a push has everything once", async (t) => {
  const server = await Server.start();
  t.after(() => server.end());
  const account = await Account.register(server.url);
  const device = await stage.device(t, account);
  await device.settled();
  await writeOffline(device, MANY);
  /** @type {Promise<void> | undefined} */
  let killing;
  await fromSecondPush(device, async (route) => {
    await Promise.all([route.continue(), (killing ??= server.kill())]);
  });
  await device.setOnline(true);
  await until("a push has been met", () => killing !== undefined);
  await killing;
  await until("the device says that the server is gone", async () => (await device.status()).state === "offline");
  await server.restart();
  await arrivedOnce(device, account, MANY);
});

test("a record edited while its last edit is on the way ends with the later one", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await device.settled();
  /** @type {(go: unknown) => void} */
  let release = () => {};
  const released = new Promise((resolve) => { release = resolve; });
  let isOnItsWay = false;
  await device.page.route("**/v1/push", async (route) => {
    isOnItsWay ||= route.request().method() === "POST";
    await released;
    await route.continue();
  });
  await device.put("todos", { id: "t", n: 1 });
  await until("the push is on its way", () => isOnItsWay);
  assert.equal(await device.run((db) => db.collection("todos").state("t")), "in-flight");
  await device.update("todos", "t", { n: 2 });
  await device.update("todos", "t", { n: 3 });
  release(undefined);
  await device.settled();
  const record = await account.record("todos", "t");
  assert.deepEqual([record?.version, record?.data], [2, { id: "t", n: 3 }]);
});

test("a network that answers with its own page for a while loses nothing", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await device.settled();
  let answered = 0;
  await device.page.route("**/v1/push", async (route) => {
    if (route.request().method() !== "POST" || answered > 1) return route.continue();
    answered += 1;
    await route.fulfill({ status: 200, contentType: "text/html", body: "<p>Accept our terms", headers: { "access-control-allow-origin": "*" } });
  });
  const todo = await device.put("todos", { title: "Milk" });
  await device.settled();
  assert.equal(answered, 2);
  const record = await account.record("todos", todo.id);
  assert.deepEqual([record?.version, record?.data], [1, todo]);
  assert.deepEqual((await device.heard("error")).map(({ code }) => code), ["protocol", "protocol"]);
});

test("a server that asks for a pause gets it", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await device.settled();
  /** @type {number[]} */
  const asked = [];
  await device.page.route("**/v1/push", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    asked.push(Date.now());
    if (asked.length > 1) return route.continue();
    const headers = { "retry-after": "2", "access-control-allow-origin": "*", "access-control-expose-headers": "retry-after" };
    await route.fulfill({ status: 503, headers, contentType: "application/problem+json", body: '{"title":"Busy","status":503,"code":"unavailable"}' });
  });
  await device.put("todos", { id: "t" });
  await until("the server has been asked", () => asked.length === 1);
  await device.put("todos", { id: "u" });
  await device.settled();
  const [first = 0, second = 0] = asked;
  assert.ok(second - first >= 1900, `asked again after ${second - first} ms`);
  assert.equal(asked.length, 2);
});

test("a write while the server is away is answered at once and waits", async (t) => {
  const server = await Server.start();
  t.after(() => server.end());
  const account = await Account.register(server.url);
  const device = await stage.device(t, account);
  await device.settled();
  await server.kill();
  const { id } = await device.put("todos", { title: "Milk" });
  assert.deepEqual(await device.get("todos", id), { id, title: "Milk" });
  const error = await device.failure((db) => db.sync());
  assert.deepEqual([error.isSynclineError, error.code, error.retryable], [true, "network", true]);
  assert.equal((await device.pending()).length, 1);
  await server.restart();
  await untilEqual(async () => (await account.record("todos", id))?.data, { id, title: "Milk" });
});
