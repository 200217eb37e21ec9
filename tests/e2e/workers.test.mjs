// @ts-check
// The package where there is no page: the same in dedicated, shared and service workers, with and without a network.

import assert from "node:assert/strict";
import { after } from "node:test";

import { stopServiceWorkers } from "./support/service-workers.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** @typedef {import("./support/device.mjs").Device} Device */
/** @typedef {"dedicatedWorker" | "sharedWorker" | "serviceWorker"} Kind */

/**
 * Runs a function in a worker that belongs to a device's page.
 * @template T, A
 * @param {Device} device
 * @param {Kind} kind
 * @param {(db: any, arg: A) => T | Promise<T>} ask
 * @param {A} [arg]
 * @returns {Promise<T>}
 */
function runIn(device, kind, ask, arg) {
  return device.page.evaluate(([kind, text, arg]) => /** @type {any} */ (window).askWorker(kind, "run", text, arg), [kind, String(ask), arg]);
}

/**
 * Opens the device's database in a worker too.
 * @param {Device} device
 * @param {Kind} kind
 * @param {object} [more]
 */
async function startIn(device, kind, more) {
  await device.page.evaluate(([kind, options]) => /** @type {any} */ (window).askWorker(kind, "start", options), [kind, { ...device.options, ...more }]);
}

const KINDS = /** @type {const} */ ([["dedicatedWorker", "a dedicated worker"], ["sharedWorker", "a shared worker"], ["serviceWorker", "a service worker"]]);
for (const [kind, name] of KINDS) {
  test(`${name} opens the database, writes and reads, and its page sees it`, async (t) => {
    const device = await stage.localDevice(t);
    await device.put("todos", { id: "page", title: "Of the page" });
    await startIn(device, kind);
    const seen = await runIn(device, kind, async (db) => {
      await db.collection("todos").put({ id: "worker", title: "Of the worker" });
      return [await db.collection("todos").get("page"), await db.collection("todos").get("worker"), typeof window];
    });
    const worker = { id: "worker", title: "Of the worker" };
    assert.deepEqual(seen, [{ id: "page", title: "Of the page" }, worker, "undefined"]);
    await untilEqual(() => device.get("todos", "worker"), worker);
    assert.equal((await device.heard("change")).at(-1).origin, "context");
  });

  test(`${name} syncs for pages that have no backend`, async (t) => {
    const account = await stage.account();
    const device = await stage.localDevice(t);
    await startIn(device, kind, { url: account.url, tokens: [account.token], account: account.email });
    await runIn(device, kind, (db) => db.enable());
    await until("the worker leads", () => runIn(device, kind, (db) => db.status.leader));
    const todo = await device.put("todos", { title: "Milk" });
    await untilEqual(async () => (await account.record("todos", todo.id))?.data, todo);
    await device.run((db) => db.sync());
    await device.settled();
  });
}

test("a service worker started anew without a network has the package and the data", async (t) => {
  const device = await stage.localDevice(t);
  await startIn(device, "serviceWorker");
  await runIn(device, "serviceWorker", (db) => db.collection("todos").put({ id: "t", title: "Milk" }));
  // In this order: emulating is never answered by a worker that was stopped.
  await device.setOnline(false);
  await stopServiceWorkers(device.page);
  assert.equal(await runIn(device, "serviceWorker", (db) => db === undefined), true, "it is another life of the worker");
  await startIn(device, "serviceWorker");
  assert.deepEqual(await runIn(device, "serviceWorker", (db) => db.collection("todos").get("t")), { id: "t", title: "Milk" });
});

test("a page leads on when the service worker that led is stopped", async (t) => {
  const account = await stage.account();
  const device = await stage.localDevice(t);
  const backend = { url: account.url, tokens: [account.token], account: account.email };
  await startIn(device, "serviceWorker", backend);
  await runIn(device, "serviceWorker", (db) => db.enable());
  await until("the worker leads", () => runIn(device, "serviceWorker", (db) => db.status.leader));
  device.options = { ...device.options, ...backend };
  await device.reload();
  assert.equal((await device.status()).leader, false);
  await stopServiceWorkers(device.page);
  await until("the page leads", async () => (await device.status()).leader);
  const todo = await device.put("todos", { title: "Milk" });
  await untilEqual(async () => (await account.record("todos", todo.id))?.data, todo);
});

test("a service worker that started without a network syncs once there is one", async (t) => {
  const account = await stage.account();
  const device = await stage.localDevice(t);
  const backend = { url: account.url, tokens: [account.token], account: account.email, schedule: { pollInterval: 1000 } };
  await startIn(device, "serviceWorker", backend);
  await runIn(device, "serviceWorker", (db) => db.enable());
  await device.setOnline(false);
  await stopServiceWorkers(device.page);
  const todo = await device.put("todos", { title: "Milk" });
  await startIn(device, "serviceWorker", backend);
  await until("the worker is offline", async () => await runIn(device, "serviceWorker", (db) => db.status.leader && db.status.state === "offline"));
  await device.setOnline(true);
  await untilEqual(async () => (await account.record("todos", todo.id))?.data, todo);
});
