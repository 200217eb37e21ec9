// @ts-check
// One collection as the app sees it: turns calls into texts for the core. Keeps no documents.

import { checkId, encodeDocument, encodePatch, isPlainObject } from "./encode.js";
import { SynclineError, invalidArgument } from "./errors.js";
import { LiveQuery } from "./live.js";

/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./index.js").Document} Document */

/**
 * One edit as the core reads it.
 * @param {string} collection
 * @param {string} id
 * @param {"put" | "update" | "delete"} kind
 * @param {string} [text]
 */
export function editText(collection, id, kind, text) {
  const data = text === undefined ? "" : `,"d":${text}`;
  return `{"c":${JSON.stringify(collection)},"r":${JSON.stringify(id)},"k":"${kind}"${data}}`;
}

/**
 * A put: the id is made where it is left out.
 * @param {Session} session
 * @param {string} collection
 * @param {unknown} doc
 */
export function putEdit(session, collection, doc) {
  const hasId = isPlainObject(doc) && doc.id !== undefined;
  const id = hasId ? checkId(doc.id) : session.core.newId();
  const text = encodeDocument(isPlainObject(doc) ? { ...doc, id } : doc);
  return { id, text: editText(collection, id, "put", text) };
}

/** @implements {import("./index.js").Collection<any>} */
export class Collection {
  #session;
  #name;

  /**
   * @param {Session} session
   * @param {string} name
   */
  constructor(session, name) {
    this.#session = session;
    this.#name = name;
  }

  /** @param {string} id */
  async get(id) {
    this.#session.ensureOpen();
    const held = this.#session.documents.held(this.#name, id);
    return held ?? (await this.getAll([id]))[0];
  }

  /** @param {readonly string[]} ids */
  async getAll(ids) {
    if (!Array.isArray(ids) || ids.some((id) => typeof id !== "string")) {
      throw invalidArgument("ids", "must be strings");
    }
    return this.#session.call((core) => core.read(this.#name, [...ids]));
  }

  /** @param {import("./index.js").Query<any>} [query] */
  async list(query = {}) {
    this.#session.ensureOpen();
    const text = JSON.stringify(query);
    const known = this.#session.documents.answer(this.#name, text);
    return known ?? this.#session.call((core) => core.list(this.#name, text));
  }

  /** @param {import("./index.js").Query<any>} [query] */
  async count(query = {}) {
    return this.#session.call((core) => core.count(this.#name, JSON.stringify(query)));
  }

  /** @param {object} doc */
  async put(doc) {
    this.#session.ensureOpen();
    const { id, text } = putEdit(this.#session, this.#name, doc);
    await this.#session.write([text]);
    return /** @type {Promise<any>} */ (this.get(id));
  }

  /** @param {readonly object[]} docs */
  async putAll(docs) {
    this.#session.ensureOpen();
    if (!Array.isArray(docs)) {
      throw invalidArgument("docs", "must be an array");
    }
    await this.#session.write(docs.map((doc, index) => this.#putOf(doc, index)));
  }

  /**
   * @param {string} id
   * @param {object} patch
   */
  async update(id, patch) {
    this.#session.ensureOpen();
    await this.#session.write([editText(this.#name, checkId(id), "update", encodePatch(patch))]);
    return /** @type {Promise<any>} */ (this.get(id));
  }

  /** @param {string} id */
  async delete(id) {
    await this.#session.write([editText(this.#name, checkId(id), "delete")]);
  }

  /** @param {import("./index.js").Query<any>} [query] */
  live(query = {}) {
    this.#session.ensureOpen();
    return new LiveQuery(this.#session, this, this.#name, query);
  }

  /** @param {string} id */
  async state(id) {
    return this.#session.call((core) => core.state(this.#name, checkId(id)));
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
  #putOf(doc, index) {
    try {
      return putEdit(this.#session, this.#name, doc).text;
    } catch (thrown) {
      if (thrown instanceof SynclineError) {
        throw new SynclineError(thrown.code, `[${index}] ${thrown.message}`, false, thrown.details);
      }
      throw thrown;
    }
  }
}
