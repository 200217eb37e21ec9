// @ts-check
// The version of a collection's documents: a member `$v` of each text, which the app never sees. Knows no collection by name.

import { checkDocument } from "./encode.js";
import { SynclineError } from "./errors.js";

/** The member that says a document's version. */
const MARK = "$v";

/** A document that could not be brought up to the app's version: whoever asks for it alone gets the error. */
export class Unmigrated {
  /**
   * @param {string} id
   * @param {SynclineError} error
   */
  constructor(id, error) {
    this.id = id;
    this.error = error;
  }
}

/**
 * A document that somebody asked for by its id.
 * @param {any} doc
 */
export function served(doc) {
  if (doc instanceof Unmigrated) {
    throw doc.error;
  }
  return doc;
}

/**
 * The documents of an answer: those that could not be migrated are left out.
 * @param {readonly any[]} docs
 * @returns {readonly any[]}
 */
export function servable(docs) {
  return docs.some((doc) => doc instanceof Unmigrated) ? docs.filter((doc) => !(doc instanceof Unmigrated)) : docs;
}

export class Schema {
  #name;
  #version;
  #migrate;

  /**
   * @param {string} name of the collection, for errors
   * @param {number} version above 0
   * @param {(doc: any, from: number) => any} migrate
   */
  constructor(name, version, migrate) {
    this.#name = name;
    this.#version = version;
    this.#migrate = migrate;
  }

  /**
   * A document as it is stored.
   * @template {object} D
   * @param {D} doc
   * @returns {D}
   */
  mark(doc) {
    this.check(doc);
    return { ...doc, [MARK]: this.#version };
  }

  /**
   * Refuses a document or patch that has the mark as a field of its own.
   * @param {object} doc
   */
  check(doc) {
    if (Object.hasOwn(doc, MARK)) {
      throw new SynclineError("invalid-document", `${MARK}: is reserved for the version of documents in \`${this.#name}\``, false, { field: MARK });
    }
  }

  /**
   * A document without its mark.
   * @param {any} doc
   */
  strip(doc) {
    if (typeof doc !== "object" || doc === null || !Object.hasOwn(doc, MARK)) {
      return doc;
    }
    const { [MARK]: _, ...rest } = doc;
    return rest;
  }

  /**
   * A stored document as the app sees it. One that is older, because it came a moment ago, is migrated on the way.
   * @param {any} doc
   */
  show(doc) {
    const from = versionOf(doc);
    if (from >= this.#version) {
      return this.strip(doc);
    }
    try {
      return this.strip(this.#migrated(doc, from));
    } catch (thrown) {
      const { id } = doc;
      const message = `the document \`${id}\` of \`${this.#name}\` could not be migrated from version ${from}: ${/** @type {any} */ (thrown)?.message ?? thrown}`;
      return new Unmigrated(id, new SynclineError("invalid-document", message, false, { collection: this.#name, id, version: from }));
    }
  }

  /**
   * The text of a document of this version, for that of an older one.
   * @param {string} text
   * @param {number} from
   */
  migrate(text, from) {
    return JSON.stringify(this.#migrated(JSON.parse(text), from));
  }

  /**
   * @param {any} doc
   * @param {number} from
   */
  #migrated(doc, from) {
    const made = this.#migrate(this.strip(doc), from);
    checkDocument(made);
    if (made.id !== undefined && made.id !== doc.id) {
      throw new Error("migrate must not change the id");
    }
    return { ...this.mark(made), id: doc.id };
  }
}

/** @param {any} doc */
function versionOf(doc) {
  const version = doc[MARK];
  return Number.isInteger(version) && version > 0 ? version : 0;
}
