// @ts-check
// Numbers and columns as people read them. Knows no benchmark.

/**
 * Three digits that count: `1,234`, `56.7`, `0.890`.
 * @param {number} value
 */
export function digits(value) {
  if (value >= 1000) {
    return Math.round(value).toLocaleString("en-US");
  }
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toFixed(3);
}

/**
 * A ratio as a factor: `12.4×`.
 * @param {number} ratio
 */
export function factor(ratio) {
  return `${ratio >= 100 ? ratio.toFixed(0) : ratio.toFixed(ratio >= 10 ? 1 : 2)}×`;
}

/**
 * A count in as few characters as it takes: `1k`, `1M`.
 * @param {number} count
 */
export function short(count) {
  return count >= 1e6 ? `${count / 1e6}M` : count >= 1e3 ? `${count / 1e3}k` : String(count);
}

/**
 * Lines of a table: the first column to the left, all others to the right.
 * @param {readonly (readonly string[])[]} rows
 * @returns {string[]}
 */
export function columns(rows) {
  const count = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, place) => Math.max(...rows.map((row) => (row[place] ?? "").length)));
  return rows.map((row) =>
    row.map((cell, place) => (place === 0 ? cell.padEnd(widths[place] ?? 0) : cell.padStart(widths[place] ?? 0))).join("  ").trimEnd(),
  );
}
