// @ts-check
/**
 * Shows what two devices write to one record, field by field, and what becomes of it.
 * Only compares values; how they were merged is the package's.
 */
import { dueText, today } from "../js/days.js";
import { fill, h } from "../js/dom.js";

/** @typedef {import("./both-edit.js").Outcome} Outcome */

const FIELDS = /** @type {const} */ ([["title", "Title"], ["due", "Due"], ["done", "Done"]]);
const HEADS = /** @type {const} */ ([["Before", "before"], ["A writes", ""], ["B writes", ""], ["Both have", ""]]);

/**
 * @param {HTMLElement} place
 * @param {Outcome} outcome
 */
export function showOutcome(place, { before, a, b, after }) {
  const rows = FIELDS.map(([field, name]) => h("tr", { "data-testid": `outcome-${field}` },
    h("th", { scope: "row" }, name),
    h("td", { class: "before" }, text(before[field])),
    h("td", { class: field in a ? "wrote" : "" }, field in a ? text(a[field]) : "–"),
    h("td", { class: field in b ? "wrote" : "" }, field in b ? text(b[field]) : "–"),
    h("td", { class: "both" }, after ? text(after[field]) : "?"),
    h("td", { class: "why note" }, reason(field in a, field in b))));
  fill(place,
    h("table", {},
      h("thead", {}, h("tr", {}, h("td"), ...HEADS.map(([name, className]) => h("th", { scope: "col", class: className }, name)), h("td", { class: "why" }))),
      h("tbody", {}, ...rows)));
  place.toggleAttribute("data-settled", after !== null);
}

/**
 * @param {boolean} byA
 * @param {boolean} byB
 */
function reason(byA, byB) {
  if (byA && byB) return "edited on both: the later wins";
  return byA || byB ? `edited on ${byA ? "A" : "B"} only: it stays` : "";
}

/** @param {string | boolean | undefined} value */
function text(value) {
  if (value === undefined) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return /^\d{4}-/.test(value) ? dueText(value, today()).text : value;
}
