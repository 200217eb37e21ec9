// @ts-check
// What was measured of sync, as a table of text and as bars: each case beside what it may cost at most. Compares nothing else.

import { bar, drawing, line, text } from "./svg.mjs";
import { columns, digits } from "./text.mjs";

/** @typedef {import("../sync.mjs").Measured} Measured */

const WIDTH = 980;
const ROW = 34;
const TOP = 84;
/** The axis goes from nothing to one and a half times what is allowed. */
const AXIS = { left: 430, right: 700, most: 1.5 };

/**
 * @param {readonly Measured[]} results
 * @param {{browser: string, rounds: number}} about
 * @returns {string[]}
 */
export function syncTable(results, { browser, rounds }) {
  const rows = results.map(({ title, detail, value, unit, most }) => [
    title,
    shown(value, unit),
    most === null ? "-" : shown(most, unit),
    most === null ? "" : value <= most ? "met" : "NOT met",
    `  ${detail}`,
  ]);
  return [`Sync over the reference server: ${browser}, medians of ${rounds}`, "", ...columns([["case", "measured", "at most", "", ""], ...rows])];
}

/**
 * @param {readonly Measured[]} results
 * @param {{browser: string, rounds: number}} about
 */
export function syncChart(results, { browser, rounds }) {
  const bounded = results.flatMap((result) => (result.most === null ? [] : [{ ...result, most: result.most }]));
  const bottom = TOP + bounded.length * ROW;
  const parts = [
    text(20, 30, "What sync costs, as a share of what it may cost", "title"),
    text(20, 52, `${browser}, reference server on 127.0.0.1, medians of ${rounds}. Shorter is better; the upright mark is what is allowed.`, "soft"),
    line(place(1), TOP - 6, place(1), bottom, "mark"),
  ];
  bounded.forEach(({ title, detail, value, unit, most }, row) => {
    const middle = TOP + row * ROW + ROW / 2;
    const [name = "", counted] = title.split(", requests");
    parts.push(
      text(AXIS.left - 14, middle + 4, counted === undefined ? name : `${name}: requests${counted}`, "end"),
      bar(AXIS.left, middle - 8, Math.max(1, place(value / most) - AXIS.left), 16, value <= most ? "ours" : "other"),
      text(AXIS.right + 14, middle - 2, `${shown(value, unit)} of ${shown(most, unit)}`, "strong"),
      text(AXIS.right + 14, middle + 13, detail, "soft"),
    );
  });
  return drawing(WIDTH, bottom + 20, `What sync costs, as a share of what it may cost, in ${browser}`, parts);
}

/** @param {number} share */
function place(share) {
  return AXIS.left + ((AXIS.right - AXIS.left) * Math.min(AXIS.most, share)) / AXIS.most;
}

/** @param {number} value @param {Measured["unit"]} unit */
function shown(value, unit) {
  return `${digits(value)}${unit === "×" ? unit : unit === "" ? "" : ` ${unit}`}`;
}
