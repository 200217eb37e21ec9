// @ts-check
// Many contexts on one database: tabs and workers that write at once, and one that sleeps meanwhile.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { inTab, inWorker, setStage } from "./support/stage.mjs";

/** How long the contexts write, in seconds. */
const SECONDS = Number(process.env.STORE_SECONDS ?? 30);
const LIMIT = { timeout: 240_000 };

const stage = await setStage();
after(() => stage.end());

/**
 * The number of the last entry that is folded into the pages.
 * @param {import("playwright-core").Page} page
 * @param {string} name
 */
function through(page, name) {
  return page.evaluate(async (name) => {
    const answer = (/** @type {IDBRequest} */ request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const known = (await indexedDB.databases()).map((one) => one.name ?? "").filter((one) => one.includes(name));
    const database = await answer(indexedDB.open(known[0] ?? ""));
    const head = await answer(database.transaction("meta").objectStore("meta").get("head"));
    database.close();
    return head?.through ?? 0;
  }, name);
}

test("eight contexts that write at once lose nothing, agree on one order and end up equal", LIMIT, async (t) => {
  const name = "eight";
  const tabs = await Promise.all([0, 1, 2, 3].map(() => stage.tab()));
  const contexts = await Promise.all(
    tabs.flatMap((tab, n) => [inTab(tab, name, `tab${n}`), inWorker(tab, name, `worker${n}`)]),
  );
  assert.equal(contexts.length, 8);
  const ends = await Promise.all(contexts.map(({ ask }) => ask("writeFor", 0, SECONDS * 1000)));
  const written = Object.fromEntries(contexts.map(({ writer }, n) => [writer, ends[n]]));

  // A context is told of the last commits a moment later.
  const total = ends.reduce((sum, end) => sum + end, 0);
  for (const { ask } of contexts) {
    for (let looks = 0; looks < 100 && (await ask("check")).count < total; looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const found = await Promise.all(contexts.map(({ ask }) => ask("check")));
  for (const { next, wrong, digest } of found) {
    assert.deepEqual(wrong, []);
    assert.deepEqual(next, written);
    assert.equal(digest, found[0].digest);
  }
  const fresh = await (await inTab(await stage.tab(), name, "fresh")).ask("check");
  assert.equal(fresh.digest, found[0].digest);

  const told = await Promise.all(contexts.map(({ ask }) => ask("told")));
  const resets = told.map((ids) => ids.filter((/** @type {string | null} */ id) => id === null).length);
  for (const one of told) {
    for (const other of told) assert.equal(firstDisagreement(one, other), undefined);
  }
  const commits = Object.values(written).map((end) => String(end)).join(", ");
  t.diagnostic(`${total} pairs of documents in ${SECONDS} s; by context: ${commits}; resets: ${resets.join(", ")}`);
  assert.ok(Math.min(...ends) > 0, "nobody starved");
  assert.ok((await through(tabs[0] ?? assert.fail(), name)) > 0, "the log was folded meanwhile");
  await Promise.all(tabs.map((tab) => tab.close()));
});

test("a context that slept through three compactions catches up", LIMIT, async (t) => {
  const name = "sleeper";
  const [bed, desk] = [await stage.tab(), await stage.tab()];
  const sleeper = await inTab(bed, name, "sleeper");
  const busy = await inTab(desk, name, "busy");
  await sleeper.ask("writeFor", 0, 200);
  await bed.evaluate(() => {
    /** @type {any} */ (globalThis).beats = 0;
    setInterval(() => (/** @type {any} */ (globalThis).beats += 1), 20);
  });
  // A page that is stopped hears nothing, like one that the system suspended; not even its next beat comes.
  const tools = await stage.profile.newCDPSession(bed);
  await tools.send("Debugger.enable");
  const asleep = new Promise((resolve) => tools.once("Debugger.paused", resolve));
  await tools.send("Debugger.pause");
  await asleep;

  const folded = new Set();
  let next = 0;
  for (let rounds = 0; folded.size < 4 && rounds < 60; rounds += 1) {
    next = await busy.ask("writeFor", next, 1_000);
    folded.add(await through(desk, name));
  }
  t.diagnostic(`folded through ${[...folded].join(", ")}`);
  assert.ok(folded.size >= 4, "three compactions took place");

  await tools.send("Debugger.resume");
  await tools.detach();
  const beats = Number(await bed.evaluate("globalThis.beats"));
  assert.ok(beats < 100, `it slept: ${beats} beats`);
  const mine = await sleeper.ask("writeFor", (await sleeper.ask("check")).next.sleeper, 200);
  for (let looks = 0; looks < 100 && (await busy.ask("check")).next.sleeper < mine; looks += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const [seen, expected] = [await sleeper.ask("check"), await busy.ask("check")];
  assert.deepEqual(seen.wrong, []);
  assert.deepEqual(seen.next, { busy: next, sleeper: mine });
  assert.equal(seen.digest, expected.digest);
});

/**
 * Finds the first record of which two contexts were told in different orders.
 * @param {(string | null)[]} one
 * @param {(string | null)[]} other
 */
function firstDisagreement(one, other) {
  const places = new Map(one.map((id, place) => [id, place]));
  let last = -1;
  for (const id of other) {
    const place = id === null ? undefined : places.get(id);
    if (place === undefined) continue;
    if (place < last) return id;
    last = place;
  }
  return undefined;
}
