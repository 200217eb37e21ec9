// @ts-check
/**
 * What the demo makes its elements with: the same as the package's own elements.
 * Beside it only what a page has from the start.
 */
export { fill, h, keyed, write } from "../../pkg/element/dom.js";

/** @typedef {import("../../pkg/element/dom.js").Child} Child */
/** @typedef {import("../../pkg/element/dom.js").Props} Props */

/**
 * An element that the page has from the start.
 * @param {string} id
 */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}
