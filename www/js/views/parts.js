// @ts-check
/**
 * What the views have in common: their shape, their heading, their search field.
 * Holds nothing that belongs to one view.
 */
import { h } from "../dom.js";
import { icon } from "../icons.js";

/**
 * What a view is given: the open client and what only the app can do.
 * @typedef {object} App
 * @property {import("../model.js").Client} client
 * @property {import("../database.js").Database} database
 * @property {() => void} askSignIn
 * @property {() => void} signOut
 * @property {() => void} erase
 */
/** @typedef {{ element: HTMLElement, close: () => void, add?: HTMLElement, search?: HTMLElement }} Mounted `add` and `search` take the focus on `n` and `/`. */
/** @typedef {(app: App) => Mounted} View */

/**
 * The heading of a view, with room for a short note beside it.
 * @param {string} title
 * @param {string} [testid]
 */
export function header(title, testid) {
  const note = h("span", { class: "note", "data-testid": testid });
  return { element: h("header", { class: "view-head" }, h("h1", { tabindex: -1 }, title), note), note };
}

/**
 * A search field: Escape clears it.
 * @param {string} label
 * @param {string} testid
 * @param {() => void} changed
 */
export function searchField(label, testid, changed) {
  const input = h("input", { type: "search", class: "field", placeholder: label, "aria-label": label, autocomplete: "off", "data-testid": testid, oninput: changed });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    input.value = "";
    changed();
  });
  return { element: h("div", { class: "search" }, icon("search"), input), input };
}

/**
 * A card with a heading of its own.
 * @param {string} title
 * @param {...import("../dom.js").Child} children
 */
export function card(title, ...children) {
  return h("section", { class: "card" }, h("h2", {}, title), ...children);
}
