// @ts-check
// What a page measures that was just opened, over a database that is there. Nothing of either side is loaded before.

import { COUNT } from "./cases.js";
import { check, quiet, stopwatch } from "./measure.js";
import { idOf } from "./documents.js";
import { fill } from "./scenarios.js";
import { load } from "./sides.js";

/** @typedef {import("./sides.js").SideName} SideName */

const NAME = "bench-fresh";

/**
 * Makes the database of one side.
 * @param {SideName} name
 */
export async function prepare(name) {
  const side = await load(name);
  const store = await side.open(nameOf(name));
  await fill(store);
  await quiet();
  await store.close();
}

/**
 * Opens the database and reads: once counted from the call of `open`, once from before the side's modules are loaded.
 * @param {SideName} name
 * @param {"list" | "get"} what
 * @returns {Promise<import("./scenarios.js").Times>}
 */
export async function measure(name, what) {
  await quiet();
  const beforeLoad = performance.now();
  const side = await load(name);
  const beforeOpen = performance.now();
  const store = await side.open(nameOf(name));
  const found = what === "list" ? await store.list() : [await store.get(idOf(COUNT / 2))];
  const end = performance.now();
  check(found.length === (what === "list" ? COUNT : 1) && found[0] !== undefined, "the documents are there");
  await store.close();
  return { [`open-${what}`]: end - beforeOpen, [`open-${what}-load`]: end - beforeLoad };
}

/**
 * What opening takes at the least: IndexedDB opened and nothing read, or the module loaded and nothing opened.
 * @param {SideName} name
 * @returns {Promise<import("./scenarios.js").Times>}
 */
export async function measureBare(name) {
  await quiet();
  if (name === "ours") {
    const { default: init } = await import("../../pkg/wasm/core.js");
    const module = new URL("../../pkg/wasm/core_bg.wasm", import.meta.url);
    return { "open-bare": (await stopwatch(() => init({ module_or_path: fetch(module) }))).ms };
  }
  const side = await load(name);
  const { ms, value: store } = await stopwatch(() => side.open(nameOf(name)));
  await store.close();
  return { "open-bare": ms };
}

/** @param {SideName} name */
function nameOf(name) {
  return `${NAME}-${name}`;
}
