// @ts-check
// The order in which sync is measured: server, accounts, rounds, sides in turns. Compares nothing.

import { documents } from "./store/documents.js";
import { quantile, summary } from "./report/results.mjs";
import { seed, startServer } from "./server.mjs";

const RECORDS = 10_000;
const CHANGES = 1_000;
const INCREMENT = 10;
const SIZES = /** @type {const} */ ([1_000, 100_000]);
const SIDES = /** @type {const} */ (["limit", "ours"]);
const TRAVELS = 200;
const CROWD = /** @type {const} */ ([50, 4]);
const EDITED = [300, 3_000, 30_000];

/** What each case must reach. */
const MOST = { first: 2, push: 3, increment: 1.3, p50: 25, p95: 60, crowd: 6 };

/** @typedef {import("./engines/engine.mjs").Browser} Browser */
/** @typedef {{id: string, title: string, detail: string, value: number, unit: "×" | "ms" | "" | "B", most: number | null, data?: object}} Measured */

/** The cases by their names, in order. */
const CASES = { first, push, increment, travel, crowd, bytes };

export const SYNC_CASES = Object.keys(CASES);

/**
 * Measures the cases.
 * @param {() => Promise<Browser>} start starts a browser with a profile of its own
 * @param {string} url of the page
 * @param {{cases: readonly string[], rounds: number, tell: (line: string) => void}} options
 * @returns {Promise<{version: string, results: Measured[]}>}
 */
export async function measureSync(start, url, { cases, rounds, tell }) {
  const server = await startServer();
  const browsers = [];
  try {
    browsers.push(await start(), await start());
    const [one, other] = /** @type {[Browser, Browser]} */ (browsers);
    const pages = { one: await one.page(url), other: await other.page(url) };
    /** @type {Measured[]} */
    const results = [];
    for (const id of cases) {
      tell(id);
      const measure = CASES[/** @type {keyof typeof CASES} */ (id)];
      results.push(...(await measure({ server, pages, rounds })));
    }
    return { version: one.version, results };
  } finally {
    await Promise.allSettled(browsers.map((browser) => browser.close()));
    await server.stop();
  }
}

/**
 * @typedef {object} Ground
 * @property {Awaited<ReturnType<typeof startServer>>} server
 * @property {Record<"one" | "other", import("./engines/engine.mjs").Page>} pages
 * @property {number} rounds
 */

/**
 * Runs both sides in turns, after a round that warms up and does not count.
 * @param {Ground} ground
 * @param {(side: "limit" | "ours") => Promise<number>} run
 */
async function inTurns({ rounds }, run) {
  const samples = { limit: /** @type {number[]} */ ([]), ours: /** @type {number[]} */ ([]) };
  for (let round = 0; round <= rounds; round += 1) {
    for (const side of round % 2 === 0 ? SIDES : [...SIDES].reverse()) {
      const ms = await run(side);
      if (round > 0) samples[side].push(ms);
    }
  }
  return { limit: summary(samples.limit), ours: summary(samples.ours) };
}

/** @param {Ground} ground @returns {Promise<Measured[]>} */
async function first(ground) {
  const account = await ground.server.account();
  await seed(account, documents(RECORDS));
  const data = await inTurns(ground, (side) => ground.pages.one.call("firstSync", side, account, RECORDS));
  return [against("first", `first sync of ${RECORDS.toLocaleString("en-US")} records, durable`, data, MOST.first)];
}

/** @param {Ground} ground @returns {Promise<Measured[]>} */
async function push(ground) {
  const data = await inTurns(ground, async (side) => {
    return ground.pages.one.call("push", side, await ground.server.account(), CHANGES);
  });
  return [against("push", `push of ${CHANGES.toLocaleString("en-US")} queued changes`, data, MOST.push)];
}

/** @param {Ground} ground @returns {Promise<Measured[]>} */
async function increment({ server, pages, rounds }) {
  /** @type {Map<number, {account: import("./server.mjs").Account, samples: number[], next: number}>} */
  const sizes = new Map();
  for (const size of SIZES) {
    const account = await server.account();
    await seed(account, documents(size));
    await pages.one.call("keep", `increment-${size}`, account, size);
    sizes.set(size, { account, samples: [], next: size });
  }
  // One of these takes a few milliseconds: the more of them, the surer the median.
  for (let round = 0; round <= rounds * 5; round += 1) {
    for (const size of round % 2 === 0 ? SIZES : [...SIZES].reverse()) {
      const its = sizes.get(size);
      if (its === undefined) continue;
      await seed(its.account, documents(INCREMENT, its.next));
      its.next += INCREMENT;
      const ms = await pages.one.call("increment", `increment-${size}`, INCREMENT);
      if (round > 0) its.samples.push(ms);
    }
  }
  const [small, large] = SIZES.map((size) => summary(sizes.get(size)?.samples ?? []));
  if (small === undefined || large === undefined) throw new Error("nothing was measured");
  return [{
    id: "increment",
    title: `sync of ${INCREMENT} changes, 100k local records against 1k`,
    detail: `${small.median.toFixed(1)} → ${large.median.toFixed(1)} ms`,
    value: large.median / small.median,
    unit: "×",
    most: MOST.increment,
    data: { small, large },
  }];
}

/** @param {Ground} ground @returns {Promise<Measured[]>} */
async function travel({ server, pages }) {
  const account = await server.account();
  await pages.one.call("travelOpen", account);
  await pages.other.call("travelOpen", account);
  const skew = (await pages.other.call("travelSkew")) - (await pages.one.call("travelSkew"));
  const samples = [];
  for (let number = 0; number <= TRAVELS; number += 1) {
    const left = await pages.one.call("travelEdit", number);
    const arrived = await pages.other.call("travelHeard", number);
    if (number > 0) samples.push(arrived - left - skew);
    await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 40));
  }
  const data = summary(samples);
  const p95 = quantile(samples, 0.95);
  const detail = `${TRAVELS} edits, debounce 0`;
  return [
    { id: "travel-p50", title: "edit to the other page's listener, p50", detail, value: data.median, unit: "ms", most: MOST.p50, data },
    { id: "travel-p95", title: "edit to the other page's listener, p95", detail, value: p95, unit: "ms", most: MOST.p95 },
  ];
}

/** @param {Ground} ground @returns {Promise<Measured[]>} */
async function crowd({ server, pages }) {
  const seen = await pages.one.call("crowd", await server.account(), ...CROWD);
  return [{
    id: "crowd",
    title: `${seen.devices} devices in a loop on one record, requests per accepted edit`,
    detail: `${seen.edits} edits, ${seen.accepted} accepted, ${seen.requests} requests, ${(seen.ms / 1_000).toFixed(1)} s`,
    value: seen.requests / seen.accepted,
    unit: "",
    most: MOST.crowd,
    data: seen,
  }];
}

/** @param {Ground} ground @returns {Promise<Measured[]>} */
async function bytes({ server, pages }) {
  const results = [];
  for (const size of EDITED) {
    const value = await pages.one.call("bytesOfEdit", await server.account(), size);
    const title = `one field edited in a record of ${size.toLocaleString("en-US")} bytes, sent`;
    results.push(/** @type {Measured} */ ({ id: `bytes-${size}`, title, detail: "bodies of the push and of the pull behind it", value, unit: "B", most: null }));
  }
  return results;
}

/**
 * @param {string} id
 * @param {string} title
 * @param {Record<"limit" | "ours", import("./report/results.mjs").Summary>} data
 * @param {number} most
 * @returns {Measured}
 */
function against(id, title, data, most) {
  const detail = `limit ${data.limit.median.toFixed(0)} → ${data.ours.median.toFixed(0)} ms`;
  return { id, title, detail, value: data.ours.median / data.limit.median, unit: "×", most, data };
}
