// @ts-check
// One collection as the app sees it: turns calls into texts for the core. Keeps no documents.

import { checkDocument, checkId, checkPatch, checkText, encodeJson } from "./encode.js";
import { SynclineError, invalidArgument } from "./errors.js";
import { LiveQuery } from "./live.js";
import { servable, served } from "./schema.js";
import { utf8Array } from "./utf8.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./index.js").Document} Document */

/**
 * One edit as the core reads it; `c` is the place of its collection.
 * @typedef {{c: number, r: string, k: "put" | "update" | "delete", d?: object}} Edit
 */

/**
 * A put: the document is checked, and its id made where it is left out.
 * @param {Session} session
 * @param {number} collection
 * @param {unknown} doc
 * @returns {Edit}
 */
export function putEdit(session, collection, doc) {
  const d = stored(session, collection, doc);
  return { c: collection, r: d.id, k: "put", d };
}

/**
 * A document as it is stored: checked, with an id, and marked with its version where it has one.
 * @param {Session} session
 * @param {number} collection
 * @param {unknown} doc
 */
function stored(session, collection, doc) {
  const schema = session.schemas[collection];
  const whole = withId(session, doc);
  return schema === undefined ? whole : schema.mark(whole);
}

/**
 * An update: the patch is checked.
 * @param {Session} session
 * @param {number} collection
 * @param {unknown} id
 * @param {unknown} patch
 * @returns {Edit}
 */
export function updateEdit(session, collection, id, patch) {
  checkPatch(patch);
  session.schemas[collection]?.check(patch);
  return { c: collection, r: checkId(id), k: "update", d: patch };
}

/**
 * @param {number} collection
 * @param {unknown} id
 * @returns {Edit}
 */
export function deleteEdit(collection, id) {
  return { c: collection, r: checkId(id), k: "delete" };
}

/**
 * @param {Session} session
 * @param {unknown} doc
 * @returns {{id: string}}
 */
function withId(session, doc) {
  checkDocument(doc);
  if (doc.id === undefined) {
    return { ...doc, id: session.core.newId() };
  }
  checkId(doc.id);
  return /** @type {{id: string}} */ (doc);
}

/**
 * An edit as text.
 * @param {Edit} edit
 */
export function editText(edit) {
  return edit.d === undefined ? JSON.stringify(edit) : encodeJson(edit, edit.d);
}

/** The collection of index.d.ts, for documents of any shape. */
export class Collection {
  #session;
  /** What the core knows it by. */
  place;

  /**
   * @param {Session} session
   * @param {string} name
   */
  constructor(session, name) {
    this.#session = session;
    this.place = session.placeOf(name);
  }

  /** @param {string} id */
  async get(id) {
    this.#session.ensureOpen();
    const { documents, core } = this.#session;
    const held = documents.held(this.place, id);
    if (held !== undefined) {
      return served(held);
    }
    // Without a detour over promises where everything is in memory.
    const isThere = typeof id === "string" ? core.readNow(this.place, id) : undefined;
    if (isThere !== undefined) {
      return isThere ? served(documents.held(this.place, id)) : undefined;
    }
    return (await this.getAll([id]))[0];
  }

  /** @param {readonly string[]} ids */
  async getAll(ids) {
    if (!Array.isArray(ids) || ids.some((id) => typeof id !== "string")) {
      throw invalidArgument("ids", "must be strings");
    }
    const found = await this.#session.call((core) => core.read(this.place, [...ids]));
    found.forEach(served);
    return found;
  }

  /** @param {import("./index.js").Query<any>} [query] */
  async list(query = {}) {
    this.#session.ensureOpen();
    const text = JSON.stringify(query);
    const known = this.#session.documents.answer(this.place, text);
    const found = known ?? (await this.#session.call((core) => core.list(this.place, text)));
    return this.#session.schemas[this.place] === undefined ? found : servable(found);
  }

  /** @param {import("./index.js").Query<any>} [query] */
  async count(query = {}) {
    return this.#session.call((core) => core.count(this.place, JSON.stringify(query)));
  }

  /** @param {object} doc */
  async put(doc) {
    this.#session.ensureOpen();
    const edit = putEdit(this.#session, this.place, doc);
    await this.#session.put(edit.c, edit.r, editText(edit));
    return /** @type {Promise<any>} */ (this.get(edit.r));
  }

  /** @param {readonly object[]} docs */
  async putAll(docs) {
    this.#session.ensureOpen();
    if (!Array.isArray(docs)) {
      throw invalidArgument("docs", "must be an array");
    }
    const whole = docs.map((doc, index) => this.#checked(doc, index));
    const texts = utf8Array(whole, (text, from, to) => checkText(text, () => whole.slice(from, to), (thrown, index) => named(thrown, from + index)));
    const ids = utf8Array(whole.map(({ id }) => id));
    await this.#session.call((core) => core.putAll(this.place, ids, texts));
  }

  /**
   * @param {string} id
   * @param {object} patch
   */
  async update(id, patch) {
    this.#session.ensureOpen();
    await this.#session.write([editText(updateEdit(this.#session, this.place, id, patch))]);
    return /** @type {Promise<any>} */ (this.get(id));
  }

  /** @param {string} id */
  async delete(id) {
    await this.#session.write([editText(deleteEdit(this.place, id))]);
  }

  /** @param {import("./index.js").Query<any>} [query] */
  live(query = {}) {
    this.#session.ensureOpen();
    return new LiveQuery(this.#session, this.place, JSON.stringify(query));
  }

  /** @param {string} id */
  async state(id) {
    return this.#session.call((core) => core.state(this.place, checkId(id)));
  }

  /** @param {string} id */
  async whenSynced(id) {
    for (;;) {
      const changed = this.#session.nextStatus();
      const state = await this.state(id);
      if (state === "synced" || state === "absent") {
        return;
      }
      if (state === "parked") {
        throw new SynclineError("aborted", `the server refused the latest edit of \`${id}\`: see parked()`);
      }
      await changed;
    }
  }

  /**
   * @param {unknown} doc
   * @param {number} index
   */
  #checked(doc, index) {
    try {
      return stored(this.#session, this.place, doc);
    } catch (thrown) {
      throw named(thrown, index);
    }
  }
}

/**
 * An error that says of which of several documents it is.
 * @param {unknown} thrown
 * @param {number} index
 */
function named(thrown, index) {
  if (thrown instanceof SynclineError) {
    return new SynclineError(thrown.code, `[${index}] ${thrown.message}`, false, thrown.details);
  }
  return thrown;
}
