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
 * @property {(wanted?: readonly import("../model.js").CollectionName[]) => void} askSignIn `wanted` is what the user chose to sync.
 * @property {() => void} signOut
 * @property {() => void} erase
 * @property {boolean} isPart Whether the view shares its page with others: its heading is smaller, and what adds to it is folded away.
 */
/** @typedef {{ element: HTMLElement, close: () => void, add?: HTMLElement, search?: HTMLElement }} Mounted `add` and `search` take the focus on `n` and `/`. */
/** @typedef {(app: App) => Mounted} View */

/**
 * The heading of a view, with room for a short note beside it.
 * @param {string} title
 * @param {string} [testid]
 * @param {boolean} [isPart]
 */
export function header(title, testid, isPart = false) {
  const note = h("span", { class: "note", "data-testid": testid });
  return { element: h("header", { class: "view-head" }, isPart ? h("h2", {}, title) : h("h1", { tabindex: -1 }, title), note), note };
}

/**
 * What adds to a view. In a part of a page it is folded away under a button in the heading.
 * @param {HTMLFormElement} form
 * @param {HTMLElement} head
 * @param {{ isPart: boolean, label: string, testid: string, first: HTMLElement }} options `first` takes the focus.
 */
export function adder(form, head, { isPart, label, testid, first }) {
  if (!isPart) return { unfold: () => {}, fold: () => {} };
  const button = h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, "aria-expanded": "false", "data-testid": testid, onclick: () => (form.hidden ? unfold() : fold()) }, icon("add"));
  const turn = (/** @type {boolean} */ open) => {
    form.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };
  function unfold() {
    turn(true);
    first.focus();
  }
  function fold() {
    const held = form.contains(document.activeElement);
    turn(false);
    if (held) button.focus();
  }
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") fold(); });
  turn(false);
  head.append(button);
  return { unfold, fold };
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
