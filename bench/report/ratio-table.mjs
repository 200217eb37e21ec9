// @ts-check
// The comparison as a table of text. Draws no chart.

import { columns, digits, factor } from "./text.mjs";

/**
 * @param {readonly import("./results.mjs").Result[]} results
 * @param {{browser: string, rounds: number}} about
 * @returns {string[]}
 */
export function ratioTable(results, { browser, rounds }) {
  const head = ["case", "hand-written ms", "ours ms", "ratio", "required", ""];
  const rows = results.map(({ title, handWritten, ours, ratio, required, isMet }) => [
    title,
    digits(handWritten.median),
    digits(ours.median),
    factor(ratio),
    required === null ? "-" : `${required}×`,
    isMet === null ? "" : isMet ? "met" : "NOT met",
  ]);
  const asked = results.filter(({ isMet }) => isMet !== null);
  const met = asked.filter(({ isMet }) => isMet).length;
  return [
    `The store against hand-written IndexedDB: ${browser}, medians of ${rounds}`,
    "",
    ...columns([head, ...rows]),
    "",
    `${met} of ${asked.length} required ratios met`,
  ];
}
