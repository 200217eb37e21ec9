// @ts-check
/**
 * Short messages at the foot of the window, read out politely, with at most one action each.
 * What went wrong is put into words by `problem.js`.
 */
import { h } from "./dom.js";

/** Milliseconds a message stays: long enough to read it and to reach its button. */
const STAY = 6000;

/** @type {HTMLElement | undefined} */
let region;

/**
 * Shows a message in place of the last one.
 * @param {string} text
 * @param {{ label: string, run: () => void }} [action]
 */
export function toast(text, action) {
  if (!region) {
    region = h("div", { class: "toasts", role: "status", "aria-live": "polite", "data-testid": "toasts" });
    document.body.append(region);
  }
  const close = () => message.remove();
  const message = h("div", { class: "toast", "data-testid": "toast" },
    h("span", {}, text),
    action && h("button", {
      type: "button", class: "toast-action", "data-testid": "toast-action",
      onclick: () => { close(); action.run(); },
    }, action.label));
  region.replaceChildren(message);
  setTimeout(close, STAY);
}
