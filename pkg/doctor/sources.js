// @ts-check
// What the scripts of an extension say of themselves, by their text: what they import, and what of Syncline they use. Runs nothing.

/** @typedef {ReadonlyMap<string, string>} Texts the text of each script and page, by its path */

// Strings are kept, so that what looks like a comment in one is not taken for one.
const COMMENT_OR_STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const STATIC_IMPORT = /(?:^|[;}\s])(?:import|export)\s*(?:[\w$*{][^"'()]*?from\s*)?["']([^"']+)["']/g;
const DYNAMIC_IMPORT = /\bimport\s*\(\s*(?:[\w.$]+\s*\(\s*)?["'`]([^"'`]+)["'`]/g;
const ANY_DYNAMIC_IMPORT = /\bimport\s*\(/;
const BACKEND = /\burl\s*:\s*["'`](https?:\/\/[^"'`$]+)/g;

/**
 * A script without its comments.
 * @param {string} text
 */
function code(text) {
  return text.replaceAll(COMMENT_OR_STRING, (found) => (found.startsWith("/") ? " " : found));
}

/**
 * What a script imports at its start.
 * @param {string} text
 */
export function staticImports(text) {
  return [...code(text).matchAll(STATIC_IMPORT)].map(([, name]) => /** @type {string} */ (name));
}

/**
 * What a script imports while it runs, as far as it is named.
 * @param {string} text
 */
export function dynamicImports(text) {
  return [...code(text).matchAll(DYNAMIC_IMPORT)].map(([, name]) => /** @type {string} */ (name));
}

/** @param {string} text */
export function hasDynamicImport(text) {
  return ANY_DYNAMIC_IMPORT.test(code(text));
}

/**
 * Whether a script uses something by name.
 * @param {string} text
 * @param {RegExp} name
 */
export function mentions(text, name) {
  return name.test(code(text));
}

/**
 * A script and what it imports within the folder, by their paths.
 * @param {Texts} texts
 * @param {string} path
 * @returns {string[]}
 */
export function closure(texts, path) {
  const found = new Set([path]);
  for (const at of found) {
    const text = texts.get(at);
    if (text === undefined) continue;
    for (const name of [...staticImports(text), ...dynamicImports(text)]) {
      const inside = resolve(at, name);
      if (inside !== undefined && texts.has(inside)) found.add(inside);
    }
  }
  return [...found];
}

/**
 * The path in the folder that an import means; undefined: it leads elsewhere.
 * @param {string} from
 * @param {string} name
 */
function resolve(from, name) {
  if (/^[a-z]+:/.test(name) || !/^\.{0,2}\/|\.m?js$/.test(name)) return undefined;
  return decodeURIComponent(new URL(name, `folder:///${from}`).pathname.slice(1));
}

/**
 * The addresses of backends that stand in a script.
 * @param {string} text
 */
export function backends(text) {
  return [...code(text).matchAll(BACKEND)].map(([, url]) => /** @type {string} */ (url));
}

/**
 * Whether a script is the package's own: it is not asked what an app's scripts are.
 * @param {string} path
 */
export function isOfPackage(path) {
  return /(?:^|\/)(?:pkg|syncline)\//.test(path);
}
