// @ts-check
// What samples say: medians, ratios, whether they reach what is required. Prints nothing.

/**
 * @typedef {object} Result
 * @property {string} id
 * @property {string} title
 * @property {number | null} required
 * @property {Summary} handWritten
 * @property {Summary} ours
 * @property {number} ratio of the medians, hand-written / ours
 * @property {boolean | null} isMet null where nothing is required
 */

/** @typedef {{median: number, least: number, most: number, samples: number[]}} Summary in milliseconds */

/**
 * @param {readonly import("../store/cases.js").Case[]} cases
 * @param {Map<string, import("../store.mjs").Samples>} samples
 * @returns {Result[]}
 */
export function compare(cases, samples) {
  return cases.map(({ id, title, required = null }) => {
    const taken = samples.get(id);
    if (taken === undefined || taken.ours.length === 0 || taken["hand-written"].length === 0) {
      throw new Error(`the case ${id} was not measured`);
    }
    const [handWritten, ours] = [summary(taken["hand-written"]), summary(taken.ours)];
    const ratio = handWritten.median / ours.median;
    return { id, title, required, handWritten, ours, ratio, isMet: required === null ? null : ratio >= required };
  });
}

/**
 * @param {readonly number[]} samples
 * @returns {Summary}
 */
export function summary(samples) {
  const rounded = samples.map((ms) => Math.round(ms * 10_000) / 10_000);
  return { median: quantile(rounded, 0.5), least: Math.min(...rounded), most: Math.max(...rounded), samples: rounded };
}

/**
 * The value below which this share of the samples lies, between two samples where it has to be.
 * @param {readonly number[]} samples
 * @param {number} share from 0 to 1
 */
export function quantile(samples, share) {
  const sorted = [...samples].sort((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place % 1);
}
