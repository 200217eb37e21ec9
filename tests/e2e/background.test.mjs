// @ts-check
// The background of an extension in Chromium: what wakes its service worker, for when its alarm is, what its icon shows.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after } from "node:test";

import { Account } from "./support/account.mjs";
import { settled, startFixture, startSignedIn } from "./support/client-extension.mjs";
import { Server } from "./support/server.mjs";
import { makeStopper } from "./support/service-workers.mjs";
import { startSilent } from "./support/site.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const server = await Server.start();
after(() => server.end());

/** The page's open client. */
const { db } = /** @type {any} */ (globalThis);

/**
 * An extension that has synced, and whose worker is stopped: no client is connected that would wake it.
 * @param {import("node:test").TestContext} t
 */
async function asleep(t) {
  const account = await Account.register(server.url);
  const { fixture, page } = await startSignedIn(t, account);
  await settled(page);
  await page.evaluate(() => db.close());
  const before = await fixture.boot(page);
  const stop = await makeStopper(page);
  await stop();
  return { account, fixture, page, before, stop };
}

/**
 * Something that another device has done.
 * @param {Account} account
 */
async function remote(account) {
  const id = randomUUID();
  await account.push(randomUUID(), [{ id: randomUUID(), collection: "todos", record: id, op: "put", base: null, data: { id, title: "Bread" }, editedAt: Date.now() }]);
  return id;
}

/**
 * The alarm that is armed by a worker which was started anew, rung at once.
 * @param {import("playwright-core").Page} page
 */
function ring(page) {
  return page.evaluate(() => chrome.alarms.create("syncline", { when: Date.now() }));
}

test("an alarm wakes the worker, which syncs and arms the alarm for the next attempt", async (t) => {
  const { account, fixture, page, before } = await asleep(t);
  const id = await remote(account);
  await ring(page);
  await until("the alarm is armed again", async () => ((await fixture.alarm(page))?.scheduledTime ?? 0) > Date.now() + 60_000);
  assert.notEqual(await fixture.boot(page), before);
  await page.evaluate(() => /** @type {any} */ (window).start());
  // The alarm is armed from the start of a sync on, which may not be over yet.
  await untilEqual(async () => (await page.evaluate((id) => db.collection("todos").get(id), id))?.title, "Bread");
  // A client that connects a while after the last sync asks for another: until that is over no moment is named.
  await until("the alarm is armed for the next attempt", async () => {
    const next = await page.evaluate(() => db.status.nextSyncAt);
    return next !== null && Math.abs(((await fixture.alarm(page))?.scheduledTime ?? 0) - next) < 1_000;
  });
});

test("a message wakes the worker, which syncs and answers with the status", async (t) => {
  const { account, fixture, page, before } = await asleep(t);
  const id = await remote(account);
  const { status } = await page.evaluate(() => chrome.runtime.sendMessage({ syncline: "syncline" }));
  assert.deepEqual([status.state, status.pending], ["synced", 0]);
  assert.notEqual(await fixture.boot(page), before);
  await page.evaluate(() => /** @type {any} */ (window).start());
  assert.equal((await page.evaluate((id) => db.collection("todos").get(id), id)).title, "Bread");
});

test("a client that connects wakes the worker, and is given what other devices did meanwhile", async (t) => {
  const { account, fixture, page, before } = await asleep(t);
  const id = await remote(account);
  await page.evaluate(() => /** @type {any} */ (window).start());
  await until("it is there", () => page.evaluate((id) => db.collection("todos").get(id), id));
  assert.notEqual(await fixture.boot(page), before);
});

test("a request of one of the extension's pages wakes the worker, and with it the background", async (t) => {
  const { fixture, page, stop } = await asleep(t);
  // Opened when the worker is there, it is the worker's to serve.
  const served = await fixture.bare();
  const before = await fixture.boot(page);
  await stop();
  const woken = await served.evaluate(async () => (await (await fetch("/boot")).json()).boot);
  assert.notEqual(woken, before);
  assert.equal(await fixture.boot(page), woken, "the same life that the background serves");
  await page.evaluate(() => /** @type {any} */ (window).start());
  assert.equal(await page.evaluate(() => db.collection("todos").count()), 0);
});

test("each start of the worker arms an alarm where there is none", async (t) => {
  const { fixture, page, before } = await asleep(t);
  await page.evaluate(() => chrome.alarms.clearAll());
  assert.equal(await fixture.alarm(page), null);
  assert.notEqual(await fixture.boot(page), before);
  await until("an alarm is armed", () => fixture.alarm(page));
});

test("after a failure the alarm is armed for exactly the next attempt", async (t) => {
  const account = await Account.register(server.url);
  // Jitter between nothing and ten minutes: most attempts are further off than the browser's least.
  const { fixture, page } = await startSignedIn(t, account, { schedule: { backoff: { base: 600_000, max: 600_000 } } });
  await settled(page);
  await server.kill();
  t.after(() => server.restart());
  await page.evaluate(() => db.collection("todos").put({ title: "Milk" }));
  await until("the alarm is armed for the moment that is named after a failure", async () => {
    const { error, nextSyncAt: next } = await page.evaluate(() => db.status);
    const { scheduledTime = 0 } = (await fixture.alarm(page)) ?? {};
    if (error === null || next === null) return false;
    return next > Date.now() + 30_000 ? Math.abs(scheduledTime - next) < 1_000 : scheduledTime > next && scheduledTime <= Date.now() + 30_000;
  });
});

test("the icon shows how many changes wait", async (t) => {
  const fixture = await startFixture(t);
  const page = await fixture.page();
  await untilEqual(() => fixture.badge(page), "");
  await page.evaluate(() => db.collection("todos").putAll([{ v: 1 }, { v: 2 }, { v: 3 }]));
  await untilEqual(() => fixture.badge(page), "3");
  const [first] = await page.evaluate(() => db.pending());
  await page.evaluate((change) => db.discard(change), first.id);
  await untilEqual(() => fixture.badge(page), "2");
});

test("a sync of the background's own ends within its budget, also where the server never answers", async (t) => {
  const account = await Account.register(server.url);
  const { fixture, page } = await startSignedIn(t, account, {}, { budgetMs: 500 });
  await settled(page);
  const silent = await startSilent();
  t.after(() => silent.end());
  await fixture.setOptions(page, { url: silent.url, token: account.token, account: account.email });
  await fixture.reopen(page);
  await page.evaluate(() => db.collection("todos").put({ title: "Milk" }));
  const began = Date.now();
  const { status } = await page.evaluate(() => chrome.runtime.sendMessage({ syncline: "syncline" }));
  assert.equal(status.pending, 1);
  assert.ok(Date.now() - began < 10_000);
  await until("the alarm is armed", async () => ((await fixture.alarm(page))?.scheduledTime ?? 0) > Date.now());
});
