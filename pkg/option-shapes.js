// @ts-check
// What each option may hold: refuses what the core could not read, by the option's name. Knows no defaults.

import { isPlainObject } from "./encode.js";
import { invalidArgument } from "./errors.js";

/** @typedef {{ says: string, holds: (value: any) => boolean }} Shape */
/** @typedef {{ [option: string]: Shape | Shapes }} Shapes */

const TEXT = { says: "a string", holds: (/** @type {unknown} */ value) => typeof value === "string" };
const FLAG = { says: "true or false", holds: (/** @type {unknown} */ value) => typeof value === "boolean" };
const COUNT = { says: "a whole number, 0 or more", holds: (/** @type {number} */ value) => Number.isSafeInteger(value) && value >= 0 };
const RATE = { says: "a whole number, 1 or more", holds: (/** @type {number} */ value) => Number.isSafeInteger(value) && value >= 1 };
const RANK = { says: "a whole number of 32 bits", holds: (/** @type {number} */ value) => value === (value | 0) };
const SHARE = { says: "a number from 0 to 1", holds: (/** @type {unknown} */ value) => typeof value === "number" && value >= 0 && value <= 1 };
const DAYS = { says: "a number above 0", holds: (/** @type {unknown} */ value) => Number.isFinite(value) && /** @type {number} */ (value) > 0 };
const VERSION = { says: "a whole number from 0 to 65535", holds: (/** @type {number} */ value) => Number.isInteger(value) && value >= 0 && value <= 65_535 };
const TEXTS = { says: "an array of strings", holds: (/** @type {any} */ value) => Array.isArray(value) && value.every(TEXT.holds) };

/** @type {Shapes} */
const OPTIONS = {
  account: TEXT,
  cacheBytes: COUNT,
  freeze: FLAG,
  schedule: {
    pollInterval: COUNT, debounce: COUNT, live: FLAG, backoff: { base: COUNT, max: COUNT },
    bandwidth: RATE, saveData: oneOf("slow", "pause", "ignore"),
  },
};

const STRATEGY = oneOf("last-write-wins", "merge", "server-wins", "client-wins", "manual");

/** @type {Shapes} */
const COLLECTION = {
  conflict: { says: `${STRATEGY.says}, or a function`, holds: (value) => typeof value === "function" || STRATEGY.holds(value) },
  direction: oneOf("both", "pull", "push", "none"),
  indexes: TEXTS,
  massDeletionLimit: SHARE,
  priority: RANK,
  retain: { days: DAYS },
  schemaVersion: VERSION,
};

/**
 * Checks the options of `open` that hold plain values.
 * @param {Record<string, unknown>} options
 */
export function checkOptionShapes(options) {
  Object.entries(OPTIONS).forEach(([name, shape]) => check(name, options[name], shape));
}

/**
 * Checks the options of a collection.
 * @param {string} path how the collection is named in an error
 * @param {Record<string, unknown>} options
 */
export function checkCollectionShapes(path, options) {
  Object.entries(COLLECTION).forEach(([name, shape]) => check(`${path}.${name}`, options[name], shape));
}

/**
 * @param {string} path
 * @param {unknown} value
 * @param {Shape | Shapes} shape
 */
function check(path, value, shape) {
  if (value === undefined) {
    return;
  }
  if (isLeaf(shape)) {
    if (!shape.holds(value)) {
      throw invalidArgument(path, `must be ${shape.says}`);
    }
    return;
  }
  if (!isPlainObject(value)) {
    throw invalidArgument(path, "must be an object");
  }
  for (const [name, part] of Object.entries(value)) {
    const known = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (known === undefined) {
      throw invalidArgument(`${path}.${name}`, "is no option");
    }
    check(`${path}.${name}`, part, known);
  }
}

/**
 * @param {Shape | Shapes} shape
 * @returns {shape is Shape}
 */
function isLeaf(shape) {
  return typeof shape.holds === "function";
}

/** @param {...string} names */
function oneOf(...names) {
  return { says: `one of ${names.join(", ")}`, holds: (/** @type {string} */ value) => names.includes(value) };
}
