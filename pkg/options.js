// @ts-check
// Sorts the options of `open`: what the core gets, what stays here, what is not built yet. Opens nothing.

import { isPlainObject } from "./encode.js";
import { invalidArgument, notBuilt } from "./errors.js";
import { checkCollectionShapes, checkOptionShapes } from "./option-shapes.js";
import { Schema } from "./schema.js";

const CORE = ["name", "account", "schedule", "cacheBytes"];
const HERE = ["collections", "backend", "token", "freeze", "wasm"];
const NOT_BUILT = ["encryption"];
const COLLECTION = ["indexes", "conflict", "priority", "direction", "massDeletionLimit", "retain", "schemaVersion", "migrate"];
const BACKENDS_NOT_BUILT = ["documents", "offline", "rest", "kinto", "couchdb", "pocketbase", "postgrest"];

/** @typedef {(conflict: any) => unknown} Resolver */

/**
 * @typedef {object} Sorted
 * @property {string} name
 * @property {{collections: object, [option: string]: unknown}} core what the core is opened with
 * @property {object | undefined} backend
 * @property {() => Promise<string | null>} token
 * @property {boolean} freeze
 * @property {Map<string, Resolver>} resolvers functions that resolve conflicts, by collection
 * @property {Map<string, Schema>} schemas the versions of documents, by collection, where they have any
 * @property {any} wasm
 */

/**
 * Checks and sorts options; an error names what is wrong.
 * @param {unknown} options
 * @returns {Sorted}
 */
export function sortOptions(options) {
  if (!isPlainObject(options)) {
    throw invalidArgument("options", "must be an object");
  }
  const { name, collections, backend, token, freeze, wasm } = options;
  for (const key of Object.keys(options)) {
    checkKey(key, key, [...CORE, ...HERE], NOT_BUILT, options[key]);
  }
  if (typeof name !== "string" || name === "") {
    throw invalidArgument("name", "must be a non-empty string");
  }
  if (!isPlainObject(collections)) {
    throw invalidArgument("collections", "must be an object of options by collection name");
  }
  if (token !== undefined && typeof token !== "function") {
    throw invalidArgument("token", "must be a function");
  }
  checkOptionShapes(options);
  const core = Object.fromEntries(
    CORE.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  );
  const given = Object.entries(/** @type {Record<string, any>} */ (collections));
  const sorted = given.map(([collection, options]) => [collection, sortCollection(collection, options)]);
  return {
    name,
    core: { ...core, collections: Object.fromEntries(sorted) },
    backend: sortBackend(backend),
    token: async () => (token === undefined ? null : ((await token()) ?? null)),
    freeze: freeze === true,
    resolvers: new Map(given.flatMap(([collection, options]) => functionOf(collection, options))),
    schemas: new Map(given.flatMap(([collection, { schemaVersion, migrate }]) => (schemaVersion > 0 ? [[collection, new Schema(collection, schemaVersion, migrate)]] : []))),
    wasm,
  };
}

/**
 * The function that resolves the conflicts of a collection, where there is one.
 * @param {string} collection
 * @param {any} given
 * @returns {[string, Resolver][]}
 */
function functionOf(collection, given) {
  return typeof given.conflict === "function" ? [[collection, given.conflict]] : [];
}

/**
 * @param {string} name
 * @param {unknown} given
 */
function sortCollection(name, given) {
  const at = `collections.${name}`;
  if (!isPlainObject(given)) {
    throw invalidArgument(at, "must be an object");
  }
  for (const key of Object.keys(given)) {
    checkKey(`${at}.${key}`, key, COLLECTION, [], given[key]);
  }
  const { conflict, migrate, schemaVersion = 0, ...plain } = given;
  if (migrate !== undefined && typeof migrate !== "function") {
    throw invalidArgument(`${at}.migrate`, "must be a function");
  }
  if (schemaVersion !== 0 && migrate === undefined) {
    throw invalidArgument(`${at}.migrate`, "must be given with a schemaVersion");
  }
  // The function itself stays here: the core asks for what it says.
  const options = { ...plain, schemaVersion, conflict: typeof conflict === "function" ? "function" : conflict };
  checkCollectionShapes(at, given);
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** @param {unknown} backend */
function sortBackend(backend) {
  if (backend === undefined) {
    return undefined;
  }
  if (!isPlainObject(backend)) {
    throw invalidArgument("backend", "must be an object");
  }
  const { kind, url } = backend;
  if (kind === undefined && typeof backend.pull === "function") {
    throw notBuilt("backend as three functions");
  }
  if (BACKENDS_NOT_BUILT.includes(/** @type {string} */ (kind))) {
    throw notBuilt(`backend.kind "${kind}"`);
  }
  if (kind !== "syncline") {
    throw invalidArgument("backend.kind", `is ${JSON.stringify(kind)}, which is no kind of backend`);
  }
  if (typeof url !== "string") {
    throw invalidArgument("backend.url", "must be a string");
  }
  if (!isUrl(url)) {
    throw invalidArgument("backend.url", `\`${url}\` is no URL`);
  }
  return { kind, url };
}

/** @param {string} text */
function isUrl(text) {
  try {
    return Boolean(new URL(text));
  } catch {
    return false;
  }
}

/**
 * @param {string} path
 * @param {string} key
 * @param {readonly string[]} known
 * @param {readonly string[]} missing
 * @param {unknown} value
 */
function checkKey(path, key, known, missing, value) {
  if (value === undefined) {
    return;
  }
  if (missing.includes(key)) {
    throw notBuilt(path);
  }
  if (!known.includes(key)) {
    throw invalidArgument(path, "is no option");
  }
}
