// @ts-check
// `syncline/service-worker` in Chromium: sync with every page closed, and starts without a network.

import assert from "node:assert/strict";
import { after } from "node:test";

import { isUnfinished } from "../../pkg/on-demand.js";
import { plan } from "../../pkg/register-sync.js";
import { Device } from "./support/device.mjs";
import { askPwa, installPwa, register, tools } from "./support/pwa.mjs";
import { stopServiceWorkers } from "./support/service-workers.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** @typedef {import("node:test").TestContext} TestContext */

/**
 * A PWA whose page has no backend: what is sent, the service worker sends.
 * @param {TestContext} t
 */
async function localPwa(t) {
  const account = await stage.account();
  const device = await stage.localDevice(t);
  await device.run((db) => db.enable());
  await installPwa(device, account);
  return { account, device };
}

/** @param {Device} device */
function tags(device) {
  return device.page.evaluate(async () => /** @type {any} */ (await navigator.serviceWorker.ready).sync.getTags());
}

test("what was written offline is sent with every page closed, once the network is back", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  await installPwa(device, account);
  await register(device);
  await device.settled();
  await device.setOnline(false);
  await until("the page is offline", async () => (await device.status()).state === "offline");
  const todo = await device.put("todos", { title: "Milk" });
  await untilEqual(() => tags(device), ["syncline"]);
  const other = await device.profile.newPage();
  await other.goto("about:blank");
  await device.page.close();
  assert.equal(await account.record("todos", todo.id), undefined);
  await device.setOnline(true);
  await untilEqual(async () => (await account.record("todos", todo.id))?.data, todo);
  const again = await Device.open(device.profile, stage.site.url, { ...device.options, url: undefined });
  await untilEqual(async () => (await again.status()).pending, 0);
  assert.deepEqual(await again.get("todos", todo.id), todo);
});

test("what a page without a backend writes is sent by the service worker, which closes the database again", async (t) => {
  const { account, device } = await localPwa(t);
  await register(device);
  const todo = await device.put("todos", { title: "Milk" });
  await untilEqual(async () => (await account.record("todos", todo.id))?.data, todo);
  await device.settled();
  await until("nobody holds the lock", () => device.page.evaluate(async () => (await navigator.locks.query()).held?.length === 0));
});

test("where there is no Background Sync, a page that is back online has the service worker send", async (t) => {
  const { account, device } = await localPwa(t);
  await device.page.evaluate(() => {
    Object.defineProperty(ServiceWorkerRegistration.prototype, "sync", { value: undefined });
  });
  await register(device);
  await device.setOnline(false);
  const todo = await device.put("todos", { title: "Milk" });
  await until("the page knows that it is offline", () => device.page.evaluate(() => !navigator.onLine));
  await device.setOnline(true);
  await untilEqual(async () => (await account.record("todos", todo.id))?.data, todo);
  const seen = await askPwa(device, "run", "() => self.seen.filter((one) => typeof one === 'string')");
  assert.deepEqual([...new Set(seen)], ["syncline:sync"]);
});

test("a sync event that leaves changes behind fails, and the next one sends them", async (t) => {
  const { device } = await localPwa(t);
  const gone = await stage.account();
  await installPwa(device, gone, { url: "http://127.0.0.1:9" });
  const browser = await tools(device.page, stage.site.url);
  const todo = await device.put("todos", { title: "Milk" });
  await device.page.evaluate(async () => /** @type {any} */ (await navigator.serviceWorker.ready).sync.register("syncline"));
  await until("the worker is told", () => askPwa(device, "run", "() => self.seen.includes('syncline')"));
  const failure = await askPwa(device, "failureOf", "() => self.worker.sync()");
  assert.deepEqual([failure.code, failure.retryable], ["network", true]);
  assert.deepEqual([(await device.status()).pending, await tags(device)], [1, ["syncline"]]);
  await installPwa(device, gone);
  await browser.sync();
  await untilEqual(async () => (await gone.record("todos", todo.id))?.data, todo);
});

test("a periodic sync brings news while no page has the database open", async (t) => {
  const { account, device } = await localPwa(t);
  const browser = await tools(device.page, stage.site.url);
  await device.run((db) => db.close());
  const writer = await stage.device(t, account);
  const todo = await writer.put("todos", { title: "Milk" });
  await writer.settled();
  await browser.periodicSync();
  const found = await Device.open(device.profile, stage.site.url, device.options);
  await untilEqual(() => found.get("todos", todo.id), todo);
});

test("nobody signed in: nothing is opened, asked or thrown", async (t) => {
  const device = await stage.localDevice(t, { name: "nobody" });
  assert.deepEqual(await askPwa(device, "run", "async () => [await self.worker.sync(), await self.worker.use(() => 1)]"), [null, null]);
});

test("the database is open once while several use it, and closed after the last", async (t) => {
  const { device } = await localPwa(t);
  const closed = await askPwa(device, "run", `async () => {
    const dbs = [];
    const [one, other] = await Promise.all([
      self.worker.use(async (db) => { dbs.push(db); await db.collection("todos").put({ id: "a", n: 1 }); return 1; }),
      self.worker.use(async (db) => { dbs.push(db); await new Promise((resolve) => setTimeout(resolve, 50)); return (await db.collection("todos").get("a")).n; }),
    ]);
    const error = await dbs[0].collection("todos").get("a").catch((error) => error);
    return [one, other, dbs[0] === dbs[1], error.code];
  }`);
  assert.deepEqual(closed, [1, 1, true, "closed"]);
});

test("a page and a service worker started anew without a network have the package, of which the app keeps nothing", async (t) => {
  const { device } = await localPwa(t);
  await device.put("todos", { id: "t", title: "Milk" });
  const born = await askPwa(device, "run", "() => self.born");
  await device.setOnline(false);
  await stopServiceWorkers(device.page);
  await device.reload();
  assert.deepEqual(await device.get("todos", "t"), { id: "t", title: "Milk" });
  const seen = await askPwa(device, "run", `async () => [self.born, (await self.worker.use((db) => db.collection("todos").get("t"))).title]`);
  assert.notEqual(seen[0], born, "it is another life of the worker");
  assert.equal(seen[1], "Milk");
});

test("every script that the package's page entries are made of is kept, and what another version kept goes", async (t) => {
  const device = await stage.localDevice(t);
  await device.page.evaluate(async () => {
    for (const name of ["syncline-0.0.1", "syncline-shell-9"]) await (await caches.open(name)).put("/old.js", new Response("old"));
  });
  await installPwa(device, await stage.account());
  const [names, kept, loaded] = await device.page.evaluate(async () => {
    await import(/** @type {any} */ ("/pkg/element-define.js"));
    const names = await caches.keys();
    const cache = await caches.open(names.find((name) => /^syncline-\d/.test(name)) ?? "");
    const paths = (await cache.keys()).map(({ url }) => new URL(url).pathname);
    const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
    return [names.filter((name) => name.startsWith("syncline-")), paths, loaded.filter((path) => path.startsWith("/pkg/"))];
  });
  assert.equal(names.length, 2, names.join());
  assert.ok(names.includes("syncline-shell-9"), "what is the app's stays");
  assert.ok(loaded.length > 20, String(loaded.length));
  assert.deepEqual(loaded.filter((path) => !kept.includes(path)), []);
});

test("the service worker is asked at once when the page is left or back, else after a moment, and only where something waits", async () => {
  const status = (/** @type {number} */ pending, enabled = true) => ({ collections: { todos: { enabled, pending, lastSyncedAt: null } } });
  assert.equal(plan(status(0), { isUrgent: true, sinceAsked: Infinity }), null);
  assert.equal(plan(status(1, false), { isUrgent: true, sinceAsked: Infinity }), null);
  assert.equal(plan(status(1), { isUrgent: true, sinceAsked: 0 }), 0);
  assert.equal(plan(status(1), { isUrgent: false, sinceAsked: Infinity }), 1_000);
  assert.equal(plan(status(1), { isUrgent: false, sinceAsked: 1_000 }), 9_000);
});

test("an event is sent again where changes wait for time or a connection, not where they wait for somebody", async () => {
  const status = (/** @type {number} */ pending, enabled = true) => /** @type {any} */ ({ collections: { todos: { enabled, pending } } });
  const failed = (/** @type {boolean} */ retryable) => Object.assign(new Error(), { retryable });
  assert.equal(isUnfinished(null), false);
  assert.equal(isUnfinished({ status: status(1), report: null, error: null }), true);
  assert.equal(isUnfinished({ status: status(0), report: null, error: null }), false);
  assert.equal(isUnfinished({ status: status(1, false), report: null, error: null }), false);
  assert.equal(isUnfinished({ status: status(1), report: null, error: failed(true) }), true);
  assert.equal(isUnfinished({ status: status(1), report: null, error: failed(false) }), false);
});
