// @ts-check
// Kills a browser in the middle of writes, again and again in one profile, and compares what it finds with what was acknowledged.

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { startBrowser } from "../store/support/browsers.mjs";
import { startSite } from "../store/support/site.mjs";

/** How long a browser may take to start and to read everything, in milliseconds. */
const PATIENCE = 60_000;
const WRITER = "w";

/**
 * @typedef {object} Outcome
 * @property {number} kills
 * @property {number} acknowledged commits of which the page was told before a kill
 * @property {number} found numbers that were there in the end
 * @property {number} lost acknowledged ones that were not
 * @property {string[]} wrong what was torn, changed or missing in between
 */

/**
 * @param {import("../store/support/browsers.mjs").Engine} engine
 * @param {number} times
 * @param {(line: string) => void} [tell]
 * @returns {Promise<Outcome>}
 */
export async function kill(engine, times, tell = () => {}) {
  const site = await startSite();
  const folder = await mkdtemp(path.join(tmpdir(), `kill-${engine}-`));
  const wish = encodeURIComponent(JSON.stringify({ task: "write", name: "killed", writer: WRITER }));
  /** @type {Outcome} */
  const outcome = { kills: 0, acknowledged: 0, found: 0, lost: 0, wrong: [] };
  let acknowledged = 0;
  try {
    // The last start only looks.
    for (let round = 0; round <= times; round += 1) {
      const looked = report(site, "found");
      const wrote = report(site, "acknowledged");
      const browser = await startBrowser(engine, folder, `${site.url}/page.html#${wish}`);
      const count = (/** @type {any} */ said) => {
        if (said.kind === "acknowledged") acknowledged = Math.max(acknowledged, said.next);
      };
      try {
        const { next, wrong } = await looked;
        const found = next[WRITER] ?? 0;
        outcome.lost += Math.max(0, acknowledged - found);
        outcome.found = found;
        outcome.wrong.push(...wrong);
        site.heard.on("report", count);
        if (round < times) {
          await wrote;
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_500));
          outcome.kills += 1;
        }
        tell(`${engine} ${round}: ${found} found, ${acknowledged} acknowledged, ${outcome.lost} lost, ${outcome.wrong.length} wrong`);
      } finally {
        await browser.kill();
        site.heard.off("report", count);
      }
      outcome.acknowledged = acknowledged;
    }
  } finally {
    await site.end();
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
  return outcome;
}

/**
 * The next report of a kind.
 * @param {Awaited<ReturnType<typeof startSite>>} site
 * @param {string} kind
 * @returns {Promise<any>}
 */
async function report(site, kind) {
  const signal = AbortSignal.timeout(PATIENCE);
  for (;;) {
    const [said] = await once(site.heard, "report", { signal });
    if (said.kind === "error") throw new Error(said.message);
    if (said.kind === kind) return said;
  }
}
