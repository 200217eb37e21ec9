// @ts-check
// Documents on their way in: checks that they are JSON and writes them as text. Knows no collections.

import { SynclineError, invalidArgument } from "./errors.js";

const MAX_ID = 256;
const MAX_DEPTH = 100;

/**
 * Refuses what JSON would silently change or leave out, by the name of its field, but for texts that are no Unicode: see
 * `checkText`. A property that is `undefined` counts as absent.
 * @param {unknown} doc
 * @returns {asserts doc is Record<string, unknown>}
 */
export function checkDocument(doc) {
  if (!isPlainObject(doc)) {
    throw invalidDocument("document", `must be a plain object, this is ${describe(doc)}`);
  }
  // Naming fields costs more than looking at them: only a document that is refused is looked at twice.
  if (!isJson(doc, 0)) {
    check(doc, "", []);
  }
}

/**
 * Checks an RFC 7396 merge patch likewise.
 * @param {unknown} patch
 * @returns {asserts patch is Record<string, unknown>}
 */
export function checkPatch(patch) {
  if (!isPlainObject(patch)) {
    throw invalidArgument("patch", `must be a plain object, this is ${describe(patch)}`);
  }
  if (!isJson(patch, 0)) {
    check(patch, "", []);
  }
}

/**
 * Writes what was checked as text, and refuses texts in it that are no Unicode.
 * @param {object} value
 * @param {unknown} doc the document in it
 */
export function encodeJson(value, doc) {
  const text = JSON.stringify(value);
  checkText(text, () => [doc]);
  return text;
}

/**
 * Checks a document and writes it as text; null, which deletes, is written as it is.
 * @param {unknown} doc
 */
export function documentText(doc) {
  if (doc === null) {
    return "null";
  }
  checkDocument(doc);
  return encodeJson(doc, doc);
}

/**
 * Refuses documents with texts that are no Unicode. Those are looked for in what was written of them, where each is named by
 * its number: looking at every text by itself costs more.
 * @param {string} text JSON text with the documents in it
 * @param {() => readonly unknown[]} docs
 * @param {(thrown: unknown, index: number) => unknown} [name] says of which of them the error is
 */
export function checkText(text, docs, name = (thrown) => thrown) {
  if (!text.includes("\\ud")) {
    return;
  }
  docs().forEach((doc, index) => {
    try {
      check(doc, "", []);
    } catch (thrown) {
      throw name(thrown, index);
    }
  });
}

/**
 * Checks a record's id.
 * @param {unknown} id
 * @returns {string}
 */
export function checkId(id) {
  if (typeof id !== "string" || id === "") {
    throw invalidDocument("id", `must be a non-empty string, this is ${describe(id)}`);
  }
  if (id.length > MAX_ID && [...id].length > MAX_ID) {
    throw invalidDocument("id", `must have at most ${MAX_ID} characters, this has ${[...id].length}`);
  }
  if (hasLoneSurrogate(id)) {
    throw invalidDocument("id", "must be well-formed Unicode, this has a lone surrogate");
  }
  return id;
}

/**
 * Whether a value is JSON through and through; too deep counts as not, which also ends at what contains itself.
 * @param {unknown} value
 * @param {number} depth
 * @returns {boolean}
 */
function isJson(value, depth) {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || (depth < MAX_DEPTH && hasJson(value, depth + 1));
    default:
      return false;
  }
}

/**
 * @param {object} value
 * @param {number} depth
 */
function hasJson(value, depth) {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      if (!isJson(value[index], depth)) {
        return false;
      }
    }
    return true;
  }
  if (!isPlainObject(value)) {
    return false;
  }
  for (const name in value) {
    const part = value[name];
    if (part !== undefined && !isJson(part, depth)) {
      return false;
    }
  }
  return true;
}

/**
 * @param {unknown} value
 * @param {string} path
 * @param {object[]} above
 */
function check(value, path, above) {
  switch (typeof value) {
    case "string":
      if (hasLoneSurrogate(value)) {
        throw invalidDocument(path, "is not well-formed Unicode: it has a lone surrogate");
      }
      return;
    case "boolean":
      return;
    case "number":
      if (!Number.isFinite(value)) {
        throw invalidDocument(path, `is ${value}, which JSON does not have`);
      }
      return;
    case "object":
      if (value !== null) {
        checkObject(value, path, above);
      }
      return;
    default:
      throw invalidDocument(path, `is ${describe(value)}, which JSON does not have`);
  }
}

/**
 * @param {object} value
 * @param {string} path
 * @param {object[]} above
 */
function checkObject(value, path, above) {
  if (above.includes(value)) {
    throw invalidDocument(path, "contains itself");
  }
  if (above.length >= MAX_DEPTH) {
    throw invalidDocument(path, `is more than ${MAX_DEPTH} levels deep`);
  }
  above.push(value);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      check(value[index], `${path}[${index}]`, above);
    }
  } else if (isPlainObject(value)) {
    for (const [name, part] of Object.entries(value)) {
      if (part !== undefined) {
        const field = path === "" ? name : `${path}.${name}`;
        if (hasLoneSurrogate(name)) {
          throw invalidDocument(field, "has a name that is not well-formed Unicode");
        }
        check(part, field, above);
      }
    }
  } else {
    throw invalidDocument(path, `is ${describe(value)}, which JSON does not have`);
  }
  above.pop();
}

/**
 * The platform's own answer where it has one (https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/String/isWellFormed).
 * @param {string} text
 */
function hasLoneSurrogate(text) {
  if (text.isWellFormed !== undefined) {
    return !text.isWellFormed();
  }
  return /[\uD800-\uDFFF]/.test(text) && /(?:[\uD800-\uDBFF](?![\uDC00-\uDFFF]))|(?:(?<![\uD800-\uDBFF])[\uDC00-\uDFFF])/.test(text);
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isPlainObject(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return false;
  }
  const prototype = Object.getPrototypeOf(value);
  // Objects of another realm (an iframe, say) have another Object.prototype, which itself has none above it.
  const isPlain =
    prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain && typeof (/** @type {any} */ (value).toJSON) !== "function";
}

/** @param {unknown} value */
function describe(value) {
  if (value === null) {
    return "null";
  }
  if (typeof value === "object") {
    return `a ${value.constructor?.name ?? "special object"}`;
  }
  return typeof value === "undefined" ? "undefined" : `a ${typeof value}`;
}

/**
 * @param {string} field
 * @param {string} wrong
 */
function invalidDocument(field, wrong) {
  return new SynclineError("invalid-document", `${field}: ${wrong}`, false, { field });
}
