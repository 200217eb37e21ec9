// @ts-check
// Tokens that ran out, nobody signed in, sync switched off: changes are kept whatever the server says about the user.

import assert from "node:assert/strict";
import { after } from "node:test";

import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

test("a token that ran out is asked for anew once, and sync goes on", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account, { tokens: ["ran-out", account.token] });
  const { id } = await device.put("todos", { title: "Milk" });
  await device.settled();
  assert.deepEqual((await account.record("todos", id))?.data, { id, title: "Milk" });
  await device.live();
  assert.equal(await device.tokenCalls(), 2);
  assert.deepEqual(await device.heard("error"), []);
});

test("a token refused twice is signed-out, and what was written waits for a good one", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account, { tokens: ["ran-out"] });
  const { id } = await device.put("todos", { title: "Milk" });
  await until("the device is signed out", async () => (await device.status()).state === "signed-out");
  assert.equal((await device.status()).error?.code, "unauthorized");
  assert.equal((await device.pending()).length, 1);
  await device.page.evaluate((token) => { /** @type {any} */ (window).tokens = [token]; }, account.token);
  await device.run((db) => db.sync());
  assert.deepEqual((await account.record("todos", id))?.data, { id, title: "Milk" });
  await device.settled();
});

test("without a token the device is signed out, asks the server nothing and keeps its changes", async (t) => {
  const account = await stage.account();
  const profile = await stage.profile(t);
  /** @type {string[]} */
  const asked = [];
  profile.on("request", (request) => { if (request.url().includes("/v1/")) asked.push(request.url()); });
  const device = await stage.device(t, account, { tokens: [null], profile });
  await device.put("todos", { title: "Milk" });
  await until("the device is signed out", async () => (await device.status()).state === "signed-out");
  assert.deepEqual([(await device.status()).pending, (await device.pending()).length], [1, 1]);
  const error = await device.failure((db) => db.sync());
  assert.deepEqual([error.code, error.retryable], ["unauthorized", false]);
  assert.deepEqual(asked, []);
});

test("sync is off until it is enabled: nothing is asked of the server, not even a token", async (t) => {
  const account = await stage.account();
  const device = await stage.localDevice(t, { url: account.url, tokens: [account.token], account: account.email });
  await device.put("todos", { title: "Milk" });
  await device.run((db) => db.sync());
  assert.equal((await device.status()).state, "disabled");
  assert.equal(await device.tokenCalls(), 0);
  assert.deepEqual(await account.records("todos"), []);
});

test("disabling stops sync at once and keeps what waits, and enabling sends it", async (t) => {
  const account = await stage.account();
  const [a, b] = await Promise.all([stage.device(t, account), stage.device(t, account)]);
  await a.settled();
  await a.run((db) => db.disable());
  const mine = await a.put("todos", { title: "Mine" });
  const theirs = await b.put("todos", { title: "Theirs" });
  await b.settled();
  await a.run((db) => db.sync());
  assert.deepEqual([(await a.status()).state, (await a.status()).pending], ["disabled", 1]);
  assert.equal(await a.get("todos", theirs.id), null);
  assert.equal(await account.record("todos", mine.id), undefined);
  await a.run((db) => db.enable());
  await untilEqual(() => b.get("todos", mine.id), mine);
  await untilEqual(() => a.get("todos", theirs.id), theirs);
});

test("one collection can be switched off while another syncs", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await device.run((db) => db.disable("notes"));
  await device.put("notes", { id: "n", text: "Mine alone" });
  await device.put("todos", { id: "t", title: "Milk" });
  await until("the todo is there", () => account.record("todos", "t"));
  assert.deepEqual(await account.records("notes"), []);
  const { collections } = await device.status();
  assert.deepEqual([collections.notes?.enabled, collections.notes?.pending, collections.todos?.enabled], [false, 1, true]);
});

test("the choice to sync is remembered over a reload", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await device.run((db) => db.disable("notes"));
  await device.reload();
  const { collections } = await device.status();
  assert.deepEqual([collections.todos?.enabled, collections.notes?.enabled], [true, false]);
});

test("the data of one account is not opened for another", async (t) => {
  const [one, other] = await Promise.all([stage.account(), stage.account()]);
  const device = await stage.device(t, one);
  await device.put("todos", { title: "Milk" });
  await device.run((db) => db.close());
  const error = await device.failure((_, account) => /** @type {any} */ (window).start({ name: "e2e", collections: { todos: {}, notes: {} }, account }), other.email);
  assert.deepEqual([error.isSynclineError, error.code], [true, "account-mismatch"]);
});

test("two users of one server see nothing of each other", async (t) => {
  const [one, other] = await Promise.all([stage.account(), stage.account()]);
  const [a, b] = await Promise.all([stage.device(t, one), stage.device(t, other)]);
  await a.put("todos", { id: "same", title: "Mine" });
  await b.put("todos", { id: "same", title: "Theirs" });
  await Promise.all([a.settled(), b.settled()]);
  await Promise.all([a.run((db) => db.sync()), b.run((db) => db.sync())]);
  assert.deepEqual([await a.list("todos"), await b.list("todos")], [[{ id: "same", title: "Mine" }], [{ id: "same", title: "Theirs" }]]);
});

test("a sync can be given up, and what it did so far stays", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await device.settled();
  await device.page.route("**/v1/push", () => {});
  await device.put("todos", { id: "t", title: "Milk" });
  const aborted = await device.failure((db) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    return db.sync({ signal: controller.signal });
  });
  assert.deepEqual([aborted.isSynclineError, aborted.code], [true, "aborted"]);
  const before = await device.failure((db) => db.sync({ signal: AbortSignal.abort() }));
  assert.equal(before.code, "aborted");
  // Whether its own cycle begins, or waits behind the one that the schedule began: the budget ends it.
  const report = await device.run((db) => db.sync({ budgetMs: 200 }));
  assert.deepEqual([report.pushed, report.durationMs >= 150, report.durationMs < 5_000], [0, true, true], JSON.stringify(report));
  assert.equal((await device.pending()).length, 1);
});
