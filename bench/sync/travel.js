// @ts-check
// How long an edit takes from one page to the listener in another, in a profile of its own. The driver has one of each.

import { pause } from "../store/measure.js";
import { openFor, reached } from "./ours.js";

/** @typedef {import("../server.mjs").Account} Account */

/** @type {any} */
let database;
/** @type {any} */
let todos;
/** When each edit was heard of, by its number. @type {Map<number, number>} */
const heard = new Map();

/**
 * Opens the database with its live channel, and notes when an edit is heard of.
 * @param {Account} account
 */
export async function travelOpen(account) {
  database = await openFor(account, { live: true, debounce: 0 });
  todos = database.collection(account.collection);
  await database.enable();
  await reached(database, ({ state, channel }) => state === "synced" && channel === "live");
  database.addEventListener("change", async (/** @type {any} */ { detail }) => {
    if (detail.origin !== "remote") return;
    const at = now();
    const doc = await todos.get("travelling");
    if (doc && !heard.has(doc.number)) heard.set(doc.number, at);
  });
}

/** @param {number} number gives the moment at which the edit was asked for */
export async function travelEdit(number) {
  const at = now();
  await todos.put({ id: "travelling", number });
  return at;
}

/** @param {number} number gives the moment at which the edit was heard of */
export async function travelHeard(number) {
  for (;;) {
    const at = heard.get(number);
    if (at !== undefined) return at;
    await pause(1);
  }
}

/** By how much this page's clock differs from the machine's, in milliseconds: two browsers' clocks began at two moments. */
export async function travelSkew() {
  const offsets = [];
  for (let time = 0; time < 21; time += 1) {
    const before = Date.now();
    let tick = before;
    while (tick === before) tick = Date.now();
    offsets.push(now() - tick);
    await pause(3);
  }
  return offsets.sort((one, other) => one - other)[10] ?? 0;
}

function now() {
  return performance.timeOrigin + performance.now();
}
