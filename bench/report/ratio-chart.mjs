// @ts-check
// The comparison as bars: how many times faster we are, beside what is required. Compares nothing itself.

import { bar, drawing, line, text } from "./svg.mjs";
import { digits, factor } from "./text.mjs";

const WIDTH = 860;
const ROW = 30;
const TOP = 84;
/** Where the bars begin and end. */
const FROM = 270;
const TO = 660;
/** The axis, in powers: a bar that begins at 1 says by its length how often one must multiply. */
const TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000];

/**
 * @param {readonly import("./results.mjs").Result[]} results
 * @param {{browser: string, rounds: number}} about
 */
export function ratioChart(results, { browser, rounds }) {
  const shown = results.filter(({ required }) => required !== null);
  const most = Math.max(10, ...shown.flatMap(({ ratio, required }) => [ratio, required ?? 1]));
  const end = TICKS.find((tick) => tick >= most) ?? most;
  const bottom = TOP + shown.length * ROW;
  const place = (/** @type {number} */ ratio) => FROM + ((TO - FROM) * Math.log(ratio)) / Math.log(end);
  const ticks = TICKS.filter((tick) => tick <= end);
  const labelled = ticks.filter((tick) => end <= 100 || Number.isInteger(Math.log10(tick)));
  const parts = [
    text(20, 30, "How many times faster than hand-written IndexedDB", "title"),
    text(20, 52, `${browser}, 10,000 documents, medians of ${rounds}. The scale is logarithmic; the upright mark is what is required.`, "soft"),
    ...ticks.map((tick) => line(place(tick), TOP - 6, place(tick), bottom, "grid")),
    ...labelled.map((tick) => text(place(tick), bottom + 18, `${tick.toLocaleString("en-US")}×`, "soft middle")),
  ];
  shown.forEach((result, row) => parts.push(...bars(result, TOP + row * ROW, place)));
  return drawing(WIDTH, bottom + 36, `How many times faster than hand-written IndexedDB, in ${browser}`, parts);
}

/**
 * @param {import("./results.mjs").Result} result
 * @param {number} y
 * @param {(ratio: number) => number} place
 */
function bars({ title, ratio, required, handWritten, ours }, y, place) {
  const middle = y + ROW / 2;
  // A bar to the left of 1: hand-written is faster.
  const [from, to] = [Math.min(FROM, Math.max(place(ratio), FROM - 30)), Math.max(FROM, place(ratio))];
  const marked = place(required ?? 1);
  return [
    text(FROM - 12 - (FROM - from), middle + 4, title, "end"),
    bar(from, middle - 8, Math.max(1, to - from), 16, ratio >= (required ?? 1) ? "ours" : "other"),
    line(marked, middle - 12, marked, middle + 12, "mark"),
    text(TO + 12, middle + 4, factor(ratio), "strong"),
    text(TO + 64, middle + 4, `${digits(handWritten.median)} → ${digits(ours.median)} ms`, "soft"),
  ];
}
