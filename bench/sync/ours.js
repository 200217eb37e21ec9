// @ts-check
// Our side: the package as an app would call it. Knows nothing of what is inside.

import { destroy, open } from "../../pkg/index.js";
import { check, pause, quiet, stopwatch } from "../store/measure.js";

/** @typedef {import("../server.mjs").Account} Account */

/** Databases that stay open between calls. @type {Map<string, any>} */
const kept = new Map();
let names = 0;

/**
 * Opens a database of an account. Nothing is synced before `enable`, and nothing by itself but after an edit.
 * @param {Account} account
 * @param {{name?: string, live?: boolean, conflict?: string, debounce?: number}} [options]
 */
export function openFor({ url, token, collection }, { name = `ours-${(names += 1)}`, live = false, conflict = "merge", debounce } = {}) {
  return open(/** @type {any} */ ({
    name,
    collections: { [collection]: { conflict } },
    backend: { kind: "syncline", url },
    token: () => token,
    schedule: { live, pollInterval: 3_600_000, ...(debounce === undefined ? {} : { debounce }) },
  }));
}

/**
 * Resolves when a status is as it should be.
 * @param {any} database
 * @param {(status: any) => boolean} isReached
 */
export function reached(database, isReached) {
  return new Promise((resolve) => {
    /** @type {(() => void) | undefined} */
    let stop;
    stop = database.subscribe((/** @type {any} */ status) => {
      if (isReached(status)) {
        resolve(undefined);
        queueMicrotask(() => stop?.());
      }
    });
  });
}

/** @param {any} database */
export async function end(database) {
  await database.close();
  await destroy(database.name);
}

/**
 * A new database, from switching sync on until everything is here and durable.
 * @param {Account} account
 * @param {number} count
 */
export async function firstSync(account, count) {
  const database = /** @type {any} */ (await openFor(account));
  await quiet();
  const { ms } = await stopwatch(async () => {
    const synced = reached(database, ({ state }) => state === "synced");
    await Promise.all([database.enable(), synced]);
  });
  check((await database.collection(account.collection).count()) === count, "all records are here");
  await end(database);
  return ms;
}

/**
 * Queued changes, from switching sync on until the queue is empty.
 * @param {Account} account
 * @param {readonly {id: string}[]} docs
 */
export async function push(account, docs) {
  const database = /** @type {any} */ (await openFor(account));
  await database.enable();
  await reached(database, ({ state }) => state === "synced");
  await database.disable();
  await database.collection(account.collection).putAll(docs);
  await quiet();
  const { ms } = await stopwatch(async () => {
    const pushed = reached(database, ({ pending }) => pending === 0);
    await Promise.all([database.enable(), pushed]);
  });
  check((await database.pending()).length === 0, "nothing waits");
  await end(database);
  return ms;
}

/**
 * Opens and syncs a database that stays open under a name.
 * @param {string} name
 * @param {Account} account
 * @param {number} count
 */
export async function keep(name, account, count) {
  const database = /** @type {any} */ (await openFor(account, { name }));
  kept.set(name, database);
  await database.enable();
  await reached(database, ({ state }) => state === "synced");
  check((await database.collection(account.collection).count()) === count, "all records are here");
  // What a compaction does behind a sync is over then.
  await pause(1_000);
}

/**
 * One sync of what others changed.
 * @param {string} name
 * @param {number} count how many records changed
 */
export async function increment(name, count) {
  const database = kept.get(name);
  await quiet();
  const { ms, value: report } = await stopwatch(() => database.sync());
  check(report.pulled === count, `${count} changes came, not ${report.pulled}`);
  return ms;
}

/**
 * What an edit of one short field costs in bytes of the request's body, in a record of about that size.
 * @param {Account} account
 * @param {number} size
 */
export async function bytesOfEdit(account, size) {
  const database = /** @type {any} */ (await openFor(account));
  const records = database.collection(account.collection);
  await database.enable();
  const words = "what there is to say about it, at some length and not always to the point".split(" ");
  let seed = size;
  const word = () => words[(seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % words.length];
  let notes = "";
  while (notes.length < size - 100) notes += `${word()} `;
  await records.put({ id: "edited", title: "before", done: false, notes });
  await database.sync();
  await records.update("edited", { done: true });
  const { pushed, bytesSent } = await untilPushed(database);
  check(pushed === 1, "the edit was pushed");
  await end(database);
  return bytesSent;
}

/** @param {any} database */
async function untilPushed(database) {
  return new Promise((resolve) => {
    database.addEventListener("sync", (/** @type {any} */ { detail }) => detail.pushed > 0 && resolve(detail));
  });
}
