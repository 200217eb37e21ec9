// @ts-check
// Cost against size as a table of text. Draws no chart.

import { columns, digits, short } from "./text.mjs";

const MB = 1024 * 1024;
/** What is required: a cost at 100,000 against that at 1,000, bytes at 1,000,000, milliseconds of a held-up put. */
const REQUIRED = { put: 1.5, open: 3, memory: 200 * MB, pause: 50 };

/**
 * @param {readonly import("../store-growth.mjs").Grown[]} results
 * @param {{browser: string}} about
 * @returns {string[]}
 */
export function growthTable(results, { browser }) {
  const rows = [
    ["records", ...results.map(({ count }) => short(count))],
    ["documents, MB", ...results.map(({ documentBytes }) => digits(documentBytes / MB))],
    ["fill, s", ...results.map(({ fillMs }) => digits(fillMs / 1000))],
    ["single put p50, ms", ...results.map(({ put }) => digits(put.p50))],
    ["single put p95, ms", ...results.map(({ put }) => digits(put.p95))],
    ["hand-written put p50, ms", ...results.map(({ handWritten }) => (handWritten ? digits(handWritten.put.p50) : "-"))],
    ["open and first get, ms", ...results.map(({ openMs }) => digits(openMs))],
    ["hand-written, ms", ...results.map(({ handWritten }) => (handWritten ? digits(handWritten.openMs) : "-"))],
    ["1,000 random gets, ms", ...results.map(({ getsMs }) => digits(getsMs))],
    ["WebAssembly memory, MB", ...results.map(({ memory }) => digits(memory.wasm / MB))],
    ["JavaScript heap, MB", ...results.map(({ memory }) => (memory.heap === null ? "-" : digits(memory.heap / MB)))],
    ["both, after filling, MB", ...results.map(({ memoryAfterFill: { wasm, heap } }) => digits((wasm + (heap ?? 0)) / MB))],
    ["compactions seen", ...results.map(({ compaction }) => String(compaction.count))],
    ["longest compaction, ms", ...results.map(({ compaction }) => digits(compaction.longestMs))],
    ["longest put in all, ms", ...results.map(({ compaction }) => digits(compaction.longestPutMs))],
    ["put during one p50, ms", ...results.map(({ compaction }) => digits(compaction.held.p50))],
    ["put during one p99, ms", ...results.map(({ compaction }) => digits(compaction.held.p99))],
    ["longest put during one, ms", ...results.map(({ compaction }) => digits(compaction.held.longestMs))],
    ["write amplification, filling", ...results.map(({ amplification }) => `${amplification.filling.toFixed(1)}×`)],
    ["write amplification, editing", ...results.map(({ amplification }) => `${amplification.editing.toFixed(1)}×`)],
  ];
  return [`The store as it grows: ${browser}`, "", ...columns(rows), "", ...verdicts(results)];
}

/** @param {readonly import("../store-growth.mjs").Grown[]} results */
function verdicts(results) {
  const of = (/** @type {number} */ count) => results.find((one) => one.count === count);
  const [small, large, million] = [of(1_000), of(100_000), of(1_000_000)];
  const lines = [];
  if (small !== undefined && large !== undefined) {
    lines.push(verdict("single put p50, 100k / 1k", large.put.p50 / small.put.p50, REQUIRED.put, "×"));
    lines.push(verdict("open and first get, 100k / 1k", large.openMs / small.openMs, REQUIRED.open, "×"));
  }
  if (million !== undefined) {
    const { wasm, heap } = million.memory;
    lines.push(verdict("memory with 1M records", (wasm + (heap ?? 0)) / MB, REQUIRED.memory / MB, " MB"));
  }
  const held = Math.max(...results.map(({ compaction }) => compaction.held.longestMs));
  lines.push(verdict("longest put while a compaction ran", held, REQUIRED.pause, " ms"));
  return lines;
}

/**
 * @param {string} what
 * @param {number} value
 * @param {number} most
 * @param {string} unit
 */
function verdict(what, value, most, unit) {
  return `${what}: ${digits(value)}${unit}, at most ${most}${unit}: ${value <= most ? "met" : "NOT met"}`;
}
