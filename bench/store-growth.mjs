// @ts-check
// The order in which growth is measured: sizes, fresh pages, what comes after what. Judges nothing.

import { quantile } from "./report/results.mjs";

/** @typedef {import("./engines/engine.mjs").Browser} Browser */
/** @typedef {import("./engines/engine.mjs").Page} Page */
/** @typedef {{wasm: number, heap: number | null}} Memory bytes; null: the browser does not tell */

/**
 * What one size costs. Times in milliseconds.
 * @typedef {object} Grown
 * @property {number} count records
 * @property {number} documentBytes as JSON
 * @property {number} fillMs
 * @property {{p50: number, p95: number}} put
 * @property {number} openMs open and first get, in a fresh page
 * @property {number} getsMs 1,000 random gets
 * @property {Memory} memory of a fresh page after puts and gets
 * @property {Memory} memoryAfterFill of the page that put everything in
 * @property {{count: number, longestMs: number, longestPutMs: number, held: {p50: number, p99: number, longestMs: number}}} compaction `held`: puts while one ran
 * @property {{filling: number, editing: number}} amplification bytes written / bytes of documents
 * @property {{put: {p50: number, p95: number}, openMs: number} | null} handWritten
 */

/** How many puts and gets are timed one by one. */
const SINGLE = { puts: 500, gets: 1_000, warmUp: 50 };
/** How many compactions are provoked, by edits of at least which share of all documents, and how long that may take. */
const COMPACTIONS = { wanted: 3, share: 0.5, budget: 180_000 };
/** Up to this size the other side is measured too: filling it takes minutes beyond. */
const MOST_BY_HAND = 100_000;
/** How many documents go in between two signs of life. */
const STEP = 50_000;
const BYTES_PER_DOCUMENT = 290;

/**
 * @param {Browser} browser
 * @param {string} url
 * @param {{sizes: readonly number[], rounds: number, tell: (line: string) => void}} options
 * @returns {Promise<Grown[]>}
 */
export async function grow(browser, url, { sizes, rounds, tell }) {
  const results = [];
  for (const count of sizes) {
    const inPage = (/** @type {(page: Page) => Promise<any>} */ act) => withPage(browser, url, act);
    tell(`${count} records: filling`);
    const filled = await inPage((page) => fill(page, "ours", count, tell));
    tell(`${count} records: opening`);
    const openMs = await opening(inPage, "ours", count, rounds);
    tell(`${count} records: puts and gets`);
    const single = await inPage((page) => singly(page, "ours", count));
    tell(`${count} records: compacting`);
    const edited = await inPage((page) => compacting(page, count));
    const byHand = count <= MOST_BY_HAND ? await handWritten(inPage, count, rounds, tell) : null;
    results.push({ count, ...filled.sums, openMs, ...single, ...edited.sums, amplification: { filling: filled.amplification, editing: edited.amplification }, handWritten: byHand });
  }
  return results;
}

/**
 * @param {Page} page
 * @param {string} side
 * @param {number} count
 * @param {(line: string) => void} tell
 */
async function fill(page, side, count, tell) {
  await page.call("growProbe");
  await page.call("growOpen", side, count, true);
  let fillMs = 0;
  for (let from = 0; from < count; from += STEP) {
    const to = Math.min(count, from + STEP);
    fillMs += await page.call("growFill", from, to);
    if (count > STEP) {
      tell(`  ${to} of ${count} in ${(fillMs / 1000).toFixed(1)} s`);
    }
  }
  const { bytes } = await page.call("growRest");
  const memoryAfterFill = side === "ours" ? await memory(page) : { wasm: 0, heap: null };
  const documentBytes = count * BYTES_PER_DOCUMENT;
  return { sums: { documentBytes, fillMs, memoryAfterFill }, amplification: bytes / documentBytes };
}

/**
 * @param {(act: (page: Page) => Promise<any>) => Promise<any>} inPage
 * @param {string} side
 * @param {number} count
 * @param {number} rounds
 */
async function opening(inPage, side, count, rounds) {
  const times = [];
  for (let round = 0; round <= rounds; round += 1) {
    const ms = await inPage((page) => page.call("growOpen", side, count));
    if (round > 0) {
      times.push(ms);
    }
  }
  return quantile(times, 0.5);
}

/**
 * @param {Page} page
 * @param {string} side
 * @param {number} count
 */
async function singly(page, side, count) {
  await page.call("growOpen", side, count);
  await page.call("growPuts", SINGLE.warmUp, 1);
  const times = await page.call("growPuts", SINGLE.puts, 2);
  const getsMs = await page.call("growReads", SINGLE.gets, 3);
  const put = { p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
  return { put, getsMs, memory: side === "ours" ? await memory(page) : { wasm: 0, heap: null } };
}

/**
 * @param {Page} page
 * @param {number} count
 */
async function compacting(page, count) {
  const { wanted, share, budget } = COMPACTIONS;
  await page.call("growProbe");
  await page.call("growOpen", "ours", count);
  const { puts, written, bytes, compactions } = await page.call("growCompactions", wanted, share * count * BYTES_PER_DOCUMENT, budget);
  const isDuring = (/** @type {{at: number, ms: number}} */ put) =>
    compactions.some((/** @type {{begin: number, end: number}} */ one) => put.at < one.end && put.at + put.ms > one.begin);
  const longest = (/** @type {readonly {ms: number}[]} */ some) => some.reduce((most, { ms }) => Math.max(most, ms), 0);
  const lengths = compactions.map((/** @type {{begin: number, end: number}} */ { begin, end }) => ({ ms: end - begin }));
  const during = puts.filter(isDuring);
  const times = during.map((/** @type {{ms: number}} */ { ms }) => ms);
  const compaction = {
    count: compactions.length,
    longestMs: longest(lengths),
    longestPutMs: longest(puts),
    held: { p50: quantile(times, 0.5), p99: quantile(times, 0.99), longestMs: longest(during) },
  };
  return { sums: { compaction }, amplification: bytes / written };
}

/**
 * @param {(act: (page: Page) => Promise<any>) => Promise<any>} inPage
 * @param {number} count
 * @param {number} rounds
 * @param {(line: string) => void} tell
 */
async function handWritten(inPage, count, rounds, tell) {
  const side = "hand-written";
  tell(`${count} records: the same by hand`);
  await inPage((page) => fill(page, side, count, tell));
  const openMs = await opening(inPage, side, count, rounds);
  const { put } = await inPage((page) => singly(page, side, count));
  return { put, openMs };
}

/**
 * @param {Page} page
 * @returns {Promise<Memory>}
 */
async function memory(page) {
  return { heap: await page.heap(), wasm: await page.call("growWasm") };
}

/**
 * @param {Browser} browser
 * @param {string} url
 * @param {(page: Page) => Promise<any>} act
 */
async function withPage(browser, url, act) {
  const page = await browser.page(url);
  try {
    const done = await act(page);
    await page.call("growClose");
    return done;
  } finally {
    await page.close();
  }
}
