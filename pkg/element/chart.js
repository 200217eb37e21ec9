// @ts-check
/** Draws the time line of attempts as laid out by `chart-layout.js`. Decides no place and hears no event. */
import { HEIGHT, chartLayout } from "./chart-layout.js";
import { svg } from "./dom.js";

/** @typedef {import("./attempts.js").Attempt} Attempt */
/** @typedef {import("./words.js").Words} Words */

/** An outcome has a shape beside its colour. In a box of 10 by 10 around the origin. @type {Record<Attempt["outcome"], string>} */
const SHAPES = {
  "done": "M4.5 0A4.5 4.5 0 1 1-4.5 0A4.5 4.5 0 1 1 4.5 0z",
  "running": "M4.5 0A4.5 4.5 0 1 1-4.5 0A4.5 4.5 0 1 1 4.5 0z",
  "attention": "M0-5.5 5.5 4.5H-5.5z",
  "failed": "M-4-4 4 4M4-4-4 4",
};

/**
 * @param {readonly Attempt[]} attempts
 * @param {number} now
 * @param {number} width
 * @param {Words} words
 * @param {string} name what a reader is told of all of it
 */
export function chart(attempts, now, width, words, name) {
  const { left, right, floor, middle, lines, times, marks } = chartLayout(attempts, now, width);
  const line = (/** @type {number} */ y, /** @type {string} */ kind) => svg("line", { class: kind, x1: left, x2: right, y1: y, y2: y });
  const text = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ anchor, /** @type {string} */ said) =>
    svg("text", { x, y, "text-anchor": anchor }, said);
  const anchors = times.length === 2 ? ["start", "end"] : ["start", "middle", "end"];
  return svg("svg", { part: "chart", role: "img", "aria-label": name, width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}` },
    ...lines.flatMap(({ duration, y }) => [line(y, "grid"), text(left - 6, y + 4, "end", words.duration(duration))]),
    line(middle, "axis"),
    text(left - 6, middle - 6, "end", "↑"),
    text(left - 6, middle + 14, "end", "↓"),
    ...times.map(({ at, x }, index) => text(x, HEIGHT - 4, anchors[index] ?? "middle", words.moment(at, now))),
    ...marks.map(({ attempt, x, y, width, up, down }) =>
      svg("g", { class: `mark ${attempt.outcome}`, "data-outcome": attempt.outcome },
        svg("title", {}, attemptText(attempt, now, words)),
        svg("line", { class: "stem", x1: x, x2: x, y1: floor, y2: y }),
        width > 2 ? svg("line", { class: "span", x1: x, x2: x + width, y1: y, y2: y }) : null,
        svg("path", { d: SHAPES[attempt.outcome], transform: `translate(${x} ${y})` }),
        up > 0 ? svg("rect", { class: "pushed", x: x - 2, width: 4, y: middle - up, height: up }) : null,
        down > 0 ? svg("rect", { class: "pulled", x: x - 2, width: 4, y: middle, height: down }) : null)),
  );
}

/**
 * One attempt on one line.
 * @param {Attempt} attempt
 * @param {number} now
 * @param {Words} words
 */
function attemptText(attempt, now, words) {
  const { startedAt, outcome, pushed, pulled, message } = attempt;
  const moved = pushed === null || pulled === null ? "" : `↑${words.number(pushed)} ↓${words.number(pulled)}`;
  return [words.moment(startedAt, now), words.say(`outcome.${outcome}`), durationText(attempt, words), moved, message].filter(Boolean).join(" · ");
}

/**
 * How long an attempt took; nothing while it is under way, and where only its end was heard of.
 * @param {Pick<Attempt, "startedAt" | "endedAt">} attempt
 * @param {Words} words
 */
export function durationText({ startedAt, endedAt }, words) {
  return endedAt === null || endedAt === startedAt ? "" : words.duration(endedAt - startedAt);
}
