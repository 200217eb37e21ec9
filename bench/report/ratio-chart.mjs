// @ts-check
// The comparison as bars: how many times faster we are, beside what is required. Compares nothing itself.

import { bar, drawing, line, text } from "./svg.mjs";
import { digits, factor } from "./text.mjs";

const WIDTH = 880;
const ROW = 30;
const TOP = 84;
/** Where the axis begins and ends. What lies outside is cut off: the numbers beside the bars are whole. */
const AXIS = { left: 240, right: 660, least: 0.1, most: 1000 };
/** The axis goes in powers: bars begin at 1, and say by their length how often one must multiply. */
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/**
 * @param {readonly import("./results.mjs").Result[]} results
 * @param {{browser: string, rounds: number}} about
 */
export function ratioChart(results, { browser, rounds }) {
  const shown = results.filter(({ required }) => required !== null);
  const bottom = TOP + shown.length * ROW;
  const labelled = TICKS.filter((tick) => Number.isInteger(Math.log10(tick)));
  const parts = [
    text(20, 30, "How many times faster than hand-written IndexedDB", "title"),
    text(20, 52, `${browser}, 10,000 documents, medians of ${rounds}. The scale is logarithmic; the upright mark is what is required.`, "soft"),
    ...TICKS.map((tick) => line(place(tick), TOP - 6, place(tick), bottom, "grid")),
    ...labelled.map((tick) => text(place(tick), bottom + 18, `${tick.toLocaleString("en-US")}×`, "soft middle")),
  ];
  shown.forEach((result, row) => parts.push(...bars(result, TOP + row * ROW)));
  return drawing(WIDTH, bottom + 36, `How many times faster than hand-written IndexedDB, in ${browser}`, parts);
}

/**
 * @param {import("./results.mjs").Result} result
 * @param {number} y
 */
function bars({ title, ratio, required, handWritten, ours }, y) {
  const middle = y + ROW / 2;
  const [one, end, marked] = [place(1), place(ratio), place(required ?? 1)];
  return [
    text(AXIS.left - 14, middle + 4, title, "end"),
    bar(Math.min(one, end), middle - 8, Math.max(1, Math.abs(end - one)), 16, ratio >= (required ?? 1) ? "ours" : "other"),
    line(marked, middle - 12, marked, middle + 12, "mark"),
    text(AXIS.right + 14, middle + 4, factor(ratio), "strong"),
    text(AXIS.right + 80, middle + 4, `${digits(handWritten.median)} → ${digits(ours.median)} ms`, "soft"),
  ];
}

/** @param {number} ratio */
function place(ratio) {
  const share = (/** @type {number} */ value) => Math.log(value / AXIS.least) / Math.log(AXIS.most / AXIS.least);
  return AXIS.left + (AXIS.right - AXIS.left) * share(Math.min(AXIS.most, Math.max(AXIS.least, ratio)));
}
