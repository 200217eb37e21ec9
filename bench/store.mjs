// @ts-check
// The order in which the store is measured: rounds, sides in turns, pages. Compares nothing.

/** @typedef {import("./store/sides.js").SideName} SideName */
/** @typedef {Record<SideName, number[]>} Samples milliseconds, one of each round */

/** @type {readonly SideName[]} */
const SIDES = ["hand-written", "ours"];
/** Rounds that do not count: in them the browser compiles what is called often. */
const WARM_UPS = 3;
/** What is asked of fresh pages. */
const FRESH = /** @type {const} */ ([["fresh", "list"], ["fresh", "get"], ["bare"]]);

/**
 * Measures cases over so many rounds, after a few that warm up.
 * @param {import("./engines/engine.mjs").Browser} browser
 * @param {string} url
 * @param {{cases: readonly import("./store/cases.js").Case[], rounds: number, tell: (line: string) => void}} options
 * @returns {Promise<Map<string, Samples>>} by the id of the case
 */
export async function measure(browser, url, { cases, rounds, tell }) {
  /** @type {Map<string, Samples>} */
  const samples = new Map(cases.map(({ id }) => [id, { "hand-written": [], ours: [] }]));
  const scenarios = [...new Set(cases.map(({ scenario }) => scenario))];
  const keep = (/** @type {SideName} */ side, /** @type {Record<string, number>} */ times, /** @type {number} */ round) => {
    Object.entries(times).forEach(([id, ms]) => round > 0 && samples.get(id)?.[side].push(ms));
  };

  const inPage = scenarios.filter((scenario) => scenario !== "fresh");
  const page = await browser.page(url);
  for (const side of SIDES) {
    await page.call("keepOpen", side);
  }
  for (let round = 1 - WARM_UPS; round <= rounds && inPage.length > 0; round += 1) {
    tell(round > 0 ? `round ${round} of ${rounds}` : "warming up");
    for (const scenario of inPage) {
      for (const side of inTurns(round)) {
        keep(side, await page.call("scenario", scenario, side, round), round);
      }
    }
  }
  if (scenarios.includes("fresh")) {
    for (const side of SIDES) {
      await page.call("prepare", side);
    }
    for (let round = 0; round <= rounds; round += 1) {
      tell(round === 0 ? "warming up fresh pages" : `fresh pages, round ${round} of ${rounds}`);
      for (const side of inTurns(round)) {
        for (const [method, ...given] of FRESH) {
          keep(side, await inFreshPage(browser, url, method, side, ...given), round);
        }
      }
    }
  }
  await page.close();
  return samples;
}

/**
 * @param {import("./engines/engine.mjs").Browser} browser
 * @param {string} url
 * @param {string} method
 * @param {readonly string[]} given
 */
async function inFreshPage(browser, url, method, ...given) {
  const page = await browser.page(url);
  try {
    return await page.call(method, ...given);
  } finally {
    await page.close();
  }
}

/**
 * Who goes first changes from round to round.
 * @param {number} round
 */
function inTurns(round) {
  return round % 2 === 0 ? SIDES : [...SIDES].reverse();
}
