// @ts-check
/** The time line of attempts in the inspector, as a chart and as a table. Hears no event: it is given the attempts. */
import { chart, durationText } from "./chart.js";
import { fill, h } from "./dom.js";
import { section } from "./section.js";

/** @typedef {import("./attempts.js").Attempt} Attempt */

/** Attempts in the table, newest first. */
const LISTED = 30;

/** @param {import("./words.js").Words} words */
export function attemptsSection(words) {
  const drawn = h("div", { class: "chart" });
  const rows = h("tbody");
  const table = h("table", {},
    h("thead", {}, h("tr", {}, ...["when", "outcome", "duration", "pushed", "pulled"].map((column) => h("th", { scope: "col" }, words.say(`attempts.${column}`))))), rows);
  const listed = h("details", {}, h("summary", {}, words.say("attempts.table")), h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": words.say("attempts.table") }, table));
  const { element, count } = section(words, "attempts", drawn, listed);

  /**
   * @param {readonly Attempt[]} attempts
   * @param {number} now
   */
  function render(attempts, now) {
    count(attempts.length);
    drawn.hidden = listed.hidden = attempts.length === 0;
    const width = drawn.clientWidth;
    if (attempts.length === 0 || width === 0) return;
    const total = (/** @type {"pushed" | "pulled"} */ what) => attempts.reduce((sum, attempt) => sum + (attempt[what] ?? 0), 0);
    const name = words.say("attempts.chart", {
      count: attempts.length, since: words.moment(attempts[0]?.startedAt ?? now, now), pushed: total("pushed"), pulled: total("pulled"),
      failed: attempts.filter(({ outcome }) => outcome === "failed").length,
    });
    fill(drawn, chart(attempts, now, width, words, name));
    if (listed.open) fill(rows, ...attempts.slice(-LISTED).reverse().map((attempt) => row(attempt, now)));
  }

  /**
   * @param {Attempt} attempt
   * @param {number} now
   */
  function row({ startedAt, endedAt, outcome, pushed, pulled, message }, now) {
    const number = (/** @type {number | null} */ value) => (value === null ? "" : words.number(value));
    return h("tr", { "data-outcome": outcome },
      h("td", {}, words.moment(startedAt, now)), h("td", {}, words.say(`outcome.${outcome}`), message && h("span", { class: "muted" }, ` ${message}`)),
      h("td", {}, durationText({ startedAt, endedAt }, words)), h("td", {}, number(pushed)), h("td", {}, number(pulled)));
  }

  return { element, render, drawn, listed };
}
