// @ts-check
/**
 * What the demo makes its elements with: the same as the package's own elements.
 * Holds nothing of its own.
 */
export { fill, h, keyed, write } from "../../pkg/element/dom.js";

/** @typedef {import("../../pkg/element/dom.js").Child} Child */
/** @typedef {import("../../pkg/element/dom.js").Props} Props */
