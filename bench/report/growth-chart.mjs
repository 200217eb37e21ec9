// @ts-check
// Cost against size as three small charts beside each other. Measures nothing.

import { curve, drawing, line, text } from "./svg.mjs";
import { digits, short } from "./text.mjs";

/** @typedef {import("../store-growth.mjs").Grown} Grown */
/** @typedef {{name: string, style: string, of: (grown: Grown) => number | null}} Series */

const MB = 1024 * 1024;
const PANEL = { width: 280, height: 190, gap: 24, top: 100, left: 20, axis: 44 };

/** @type {readonly {title: string, unit: string, series: readonly Series[]}[]} */
const PANELS = [
  {
    title: "A single put, durable",
    unit: "ms",
    series: [
      { name: "p50", style: "ours", of: ({ put }) => put.p50 },
      { name: "p95", style: "ours dashed", of: ({ put }) => put.p95 },
      { name: "hand-written p50", style: "other", of: ({ handWritten }) => handWritten?.put.p50 ?? null },
    ],
  },
  {
    title: "Open and first get",
    unit: "ms",
    series: [
      { name: "ours", style: "ours", of: ({ openMs }) => openMs },
      { name: "hand-written", style: "other", of: ({ handWritten }) => handWritten?.openMs ?? null },
    ],
  },
  {
    title: "Memory after 1,000 gets and puts",
    unit: "MB",
    series: [
      { name: "WebAssembly and JavaScript", style: "ours", of: ({ memory }) => (memory.wasm + (memory.heap ?? 0)) / MB },
      { name: "the documents themselves", style: "other dashed", of: ({ documentBytes }) => documentBytes / MB },
    ],
  },
];

/**
 * @param {readonly Grown[]} results
 * @param {{browser: string}} about
 */
export function growthChart(results, { browser }) {
  const width = PANEL.left * 2 + PANELS.length * PANEL.width + (PANELS.length - 1) * PANEL.gap;
  const parts = [
    text(PANEL.left, 30, "What a larger database costs", "title"),
    text(PANEL.left, 52, `${browser}. To the right: records, each step ten times as many.`, "soft"),
  ];
  PANELS.forEach((panel, place) => parts.push(...drawn(panel, PANEL.left + place * (PANEL.width + PANEL.gap), results)));
  return drawing(width, PANEL.top + PANEL.height + 90, `What a larger database costs, in ${browser}`, parts);
}

/**
 * @param {typeof PANELS[number]} panel
 * @param {number} x
 * @param {readonly Grown[]} results
 */
function drawn({ title, unit, series }, x, results) {
  const values = series.flatMap(({ of }) => results.map(of).filter((value) => value !== null));
  const top = rounded(Math.max(...values));
  const bottom = PANEL.top + PANEL.height;
  const across = (/** @type {number} */ place) =>
    x + PANEL.axis + 16 + ((PANEL.width - PANEL.axis - 40) * place) / Math.max(1, results.length - 1);
  const up = (/** @type {number} */ value) => bottom - (PANEL.height * value) / top;
  const parts = [text(x, PANEL.top - 18, `${title}, ${unit}`, "strong")];
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(line(x + PANEL.axis, up(top * share), x + PANEL.width, up(top * share), "grid"));
    parts.push(text(x + PANEL.axis - 6, up(top * share) + 4, share === 0 ? "0" : digits(top * share), "soft end"));
  }
  results.forEach(({ count }, place) => parts.push(text(across(place), bottom + 18, short(count), "soft middle")));
  series.forEach(({ name, style, of }, row) => {
    const points = results.flatMap((grown, place) => {
      const value = of(grown);
      return value === null ? [] : [/** @type {const} */ ([across(place), up(value)])];
    });
    parts.push(curve(points, style));
    const y = bottom + 40 + row * 17;
    parts.push(line(x + PANEL.axis, y - 4, x + PANEL.axis + 22, y - 4, `${style} line`), text(x + PANEL.axis + 30, y, name, "soft"));
  });
  return parts;
}

/**
 * The next of 1, 2, 4, 8 times a power of ten.
 * @param {number} value
 */
function rounded(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 8, 10].find((step) => step * power >= value) ?? 10) * power;
}
