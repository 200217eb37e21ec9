// @ts-check
// Live queries and the database as stores: what Svelte, Vue, React and signals rely on when they subscribe.

import assert from "node:assert/strict";
import { after } from "node:test";

import { startFixture } from "./support/client-extension.mjs";
import { setStage } from "./support/stage.mjs";
import { test, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/**
 * A device with one todo and a live query of all, which listeners of the page note in `told`.
 * @param {import("node:test").TestContext} t
 */
async function listening(t) {
  const device = await stage.localDevice(t);
  await device.run(async (db) => {
    await db.collection("todos").put({ id: "milk", title: "Milk" });
    const told = /** @type {string[]} */ ([]);
    const live = db.collection("todos").live();
    const hear = (/** @type {string} */ who) => live.subscribe((/** @type {any[]} */ docs) => told.push(`${who}: ${docs.map(({ title }) => title).join()}`));
    Object.assign(window, { told, live, hear, stop: hear("first") });
  });
  const told = () => device.run(() => /** @type {any} */ (window).told);
  await untilEqual(told, ["first: Milk"]);
  return { device, told };
}

test("a live query tells what it knows within the call that subscribes, and nobody twice", async (t) => {
  const { device, told } = await listening(t);
  const within = await device.run(() => {
    const { told, hear } = /** @type {any} */ (window);
    hear("second");
    return [...told];
  });
  assert.deepEqual(within, ["first: Milk", "second: Milk"]);
  await device.update("todos", "milk", { title: "Oat milk" });
  await untilEqual(told, [...within, "first: Oat milk", "second: Oat milk"]);
});

test("a listener that comes when all others have gone is told the answer, and then a newer one", async (t) => {
  const { device, told } = await listening(t);
  await device.run(() => {
    const { hear, stop } = /** @type {any} */ (window);
    stop();
    hear("second");
  });
  await untilEqual(told, ["first: Milk", "second: Milk"]);
  await device.update("todos", "milk", { title: "Oat milk" });
  await untilEqual(told, ["first: Milk", "second: Milk", "second: Oat milk"]);
});

test("a query that nobody heard while it changed tells its last answer at once and the true one after it", async (t) => {
  const { device, told } = await listening(t);
  await device.run(() => /** @type {any} */ (window).stop());
  await device.update("todos", "milk", { title: "Oat milk" });
  await device.run(() => /** @type {any} */ (window).hear("second"));
  await untilEqual(told, ["first: Milk", "second: Milk", "second: Oat milk"]);
});

test("one function that subscribes twice is told twice, and each is stopped for itself", async (t) => {
  const { device } = await listening(t);
  const counts = await device.run(async (db) => {
    const { live } = /** @type {any} */ (window);
    let calls = 0;
    const listener = () => { calls += 1; };
    const [stopOne, stopOther] = [live.subscribe(listener), live.subscribe(listener)];
    const told = async (/** @type {string} */ title) => {
      const before = calls;
      await db.collection("todos").update("milk", { title });
      await new Promise((resolve) => setTimeout(resolve));
      return calls - before;
    };
    const both = await told("one");
    stopOne();
    stopOne();
    const one = await told("two");
    stopOther();
    return [both, one, await told("three")];
  });
  assert.deepEqual(counts, [2, 1, 0]);
});

test("the database tells its status within the call that subscribes, and once for each change", async (t) => {
  const device = await stage.localDevice(t);
  const [within, pending] = await device.run(async (db) => {
    const told = /** @type {number[]} */ ([]);
    const stop = db.subscribe((/** @type {any} */ status) => told.push(status.pending));
    const within = [...told];
    await db.collection("todos").put({ title: "Milk" });
    await new Promise((resolve) => setTimeout(resolve));
    stop();
    await db.collection("todos").put({ title: "Bread" });
    await new Promise((resolve) => setTimeout(resolve));
    return [within, told];
  });
  assert.deepEqual(within, [0]);
  assert.deepEqual([...new Set(pending)], [0, 1]);
});

test("a client's live query tells what it knows within the call that subscribes, and each subscription is its own", async (t) => {
  const page = await (await startFixture(t)).page();
  const told = await page.evaluate(async () => {
    const { db } = /** @type {any} */ (window);
    const todos = db.collection("todos");
    await todos.put({ id: "milk", title: "Milk" });
    const live = todos.live();
    const told = /** @type {string[]} */ ([]);
    const listener = (/** @type {any[]} */ [doc]) => told.push(doc.title);
    await new Promise((resolve) => { live.subscribe(resolve); });
    const [stop] = [live.subscribe(listener), live.subscribe(listener)];
    const within = [...told];
    stop();
    stop();
    const changed = new Promise((resolve) => { live.subscribe((/** @type {any[]} */ [doc]) => { if (doc.title === "Oat milk") resolve(undefined); }); });
    await todos.update("milk", { title: "Oat milk" });
    await changed;
    return { within, told };
  });
  assert.deepEqual(told, { within: ["Milk", "Milk"], told: ["Milk", "Milk", "Oat milk"] });
});
