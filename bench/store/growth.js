// @ts-check
// What is measured as a database grows, in one page and on one open database. The driver says how large it is, and when.

import { chance, documents, idOf, randomNumbers } from "./documents.js";
import { check, pause, quiet, stopwatch } from "./measure.js";
import * as probe from "./probe.js";
import { load } from "./sides.js";

/** @typedef {import("./sides.js").SideName} SideName */
/** @typedef {import("./documents.js").Todo} Todo */

/** How many documents go in at once. */
const CHUNK = 5_000;
/** While a compaction is provoked, so many documents are written together, then so many alone. */
const TOGETHER = 500;
const ALONE = 10;

/** @type {import("./sides.js").Store | undefined} */
let open;
/** @type {probe.Seen | undefined} */
let seen;
let size = 0;

/**
 * Opens the database of this size and gets one document; how long that took, in milliseconds.
 * @param {SideName} name
 * @param {number} count how many documents it has, or is going to have
 * @param {boolean} [isNew]
 */
export async function growOpen(name, count, isNew = false) {
  const side = await load(name);
  const database = `bench-growth-${name}-${count}`;
  size = count;
  await quiet();
  const { ms } = await stopwatch(async () => {
    open = await side.open(database);
    const found = await open.get(idOf(Math.floor(count / 2)));
    check(isNew || found !== undefined, "the document is there");
  });
  return ms;
}

/** Starts counting what is written. Counts nothing that was written before. */
export function growProbe() {
  seen = probe.install();
}

/**
 * Puts documents in, from one number up to another; how long that took, in milliseconds.
 * @param {number} from
 * @param {number} to
 */
export async function growFill(from, to) {
  let spent = 0;
  for (let first = from; first < to; first += CHUNK) {
    const docs = documents(Math.min(CHUNK, to - first), first);
    const { ms } = await stopwatch(() => store().putAll(docs));
    spent += ms;
  }
  return spent;
}

/** Waits until nothing is written any more, and says how many bytes were, in how many compactions. */
export async function growRest() {
  for (let calm = 0, last = -1; calm < 5; ) {
    await pause(200);
    const { begun, ended } = seen ?? { begun: 0, ended: 0 };
    calm = begun === ended && begun === last ? calm + 1 : 0;
    last = begun;
  }
  return { bytes: seen?.bytes ?? 0, compactions: seen?.compactions ?? [] };
}

/**
 * Puts changed documents one after the other; how long each took.
 * @param {number} count
 * @param {number} seed
 */
export async function growPuts(count, seed) {
  const docs = randomNumbers(count, size, seed).map((number) => documentOf(number, seed));
  await quiet();
  const times = [];
  for (const doc of docs) {
    times.push((await stopwatch(() => store().put(doc))).ms);
  }
  return times;
}

/**
 * Gets random documents, of which the page keeps none.
 * @param {number} count
 * @param {number} seed
 */
export async function growReads(count, seed) {
  const ids = randomNumbers(count, size, seed).map(idOf);
  return (
    await stopwatch(async () => {
      for (const id of ids) {
        check((await store().get(id)) !== undefined, "the document is there");
      }
    })
  ).ms;
}

/**
 * Edits until so many compactions are over and so many bytes of documents are written, or time is up. A put's time is
 * counted from the end of the one before it, so that whatever holds up the page counts as well.
 * @param {number} wanted
 * @param {number} least bytes
 * @param {number} budget milliseconds
 */
export async function growCompactions(wanted, least, budget) {
  if (seen === undefined) {
    throw new Error("nothing counts what is written");
  }
  const { bytes: bytesBefore, compactions } = seen;
  const last = compactions.length + wanted;
  const until = performance.now() + budget;
  const next = chance(size);
  const random = () => documentOf(Math.floor(next() * size), Math.floor(next() * 1e6));
  /** @type {{at: number, ms: number}[]} */
  const puts = [];
  let written = 0;
  while ((compactions.length < last || written < least) && performance.now() < until) {
    const together = Array.from({ length: TOGETHER }, random);
    const alone = Array.from({ length: ALONE }, random);
    await store().putAll(together);
    let at = performance.now();
    for (const doc of alone) {
      await store().put(doc);
      const now = performance.now();
      puts.push({ at, ms: now - at });
      at = now;
    }
    written += [...together, ...alone].reduce((sum, doc) => sum + JSON.stringify(doc).length, 0);
  }
  return { puts, written, bytes: seen.bytes - bytesBefore, compactions };
}

/** Bytes of WebAssembly memory. */
export async function growWasm() {
  const { default: init } = await import("../../pkg/wasm/core.js");
  // Without an argument it gives back the module that is there.
  return (await /** @type {any} */ (init)()).memory.buffer.byteLength;
}

/** Closes the database. */
export async function growClose() {
  await open?.close();
  open = undefined;
}

function store() {
  if (open === undefined) {
    throw new Error("no database is open");
  }
  return open;
}

/**
 * A document that was edited.
 * @param {number} number
 * @param {number} edit
 * @returns {Todo}
 */
function documentOf(number, edit) {
  const [doc] = documents(1, number);
  return { .../** @type {Todo} */ (doc), title: `edit ${edit}` };
}
