// @ts-check
// Pieces of SVG, and colours that hold on a light page and on a dark one. Knows no benchmark.

const STYLE = `
  svg { --paper: #ffffff; --ink: #1b1f24; --soft: #59636e; --line: #d8dee4; --ours: #2563c9; --other: #b3591e; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #12161c; --ink: #e8ecf1; --soft: #9aa5b1; --line: #323a44; --ours: #6ea8ff; --other: #f0a36b; }
  }
  text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--ink); }
  .title { font-size: 16px; font-weight: 600; }
  .soft { fill: var(--soft); font-size: 12px; }
  .strong { font-weight: 600; }
  .end { text-anchor: end; }
  .middle { text-anchor: middle; }
  .paper { fill: var(--paper); }
  .grid { stroke: var(--line); stroke-width: 1; }
  .ours { fill: var(--ours); }
  .ours.line, .other.line { fill: none; stroke-width: 2; }
  .ours.line { stroke: var(--ours); }
  .other { fill: var(--other); }
  .other.line { stroke: var(--other); }
  .dashed { stroke-dasharray: 4 3; }
  .mark { stroke: var(--ink); stroke-width: 2; }
`;

/**
 * A whole drawing.
 * @param {number} width
 * @param {number} height
 * @param {string} title what a screen reader says
 * @param {readonly string[]} parts
 */
export function drawing(width, height, title, parts) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/**
 * @param {number} x
 * @param {number} y of the baseline
 * @param {string} words
 * @param {string} [style]
 */
export function text(x, y, words, style = "") {
  return `<text x="${at(x)}" y="${at(y)}" class="${style}">${escaped(words)}</text>`;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {string} style
 */
export function bar(x, y, width, height, style) {
  return `<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" rx="2" class="${style}"/>`;
}

/**
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @param {string} style
 */
export function line(x1, y1, x2, y2, style) {
  return `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" class="${style}"/>`;
}

/**
 * A line through points, with a dot on each.
 * @param {readonly (readonly [number, number])[]} points
 * @param {string} style
 */
export function curve(points, style) {
  const path = points.map(([x, y]) => `${at(x)},${at(y)}`).join(" ");
  const dots = points.map(([x, y]) => `<circle cx="${at(x)}" cy="${at(y)}" r="3.5" class="${style.replace(" dashed", "")}"/>`);
  return [`<polyline points="${path}" class="${style} line"/>`, ...dots].join("\n");
}

/** @param {number} value */
function at(value) {
  return Math.round(value * 10) / 10;
}

/** @param {string} words */
function escaped(words) {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
