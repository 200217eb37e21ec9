// @ts-check
// A collection and its live queries as a client sees them: gives the same object for a document until it changes.

import { isPlain, jsonOf, newId } from "./link.js";
import { SynclineError, invalidArgument } from "../errors.js";
import { iterate } from "../iterate.js";

export class Collection {
  link;
  #name;
  /** What the documents were, by their ids. @type {Map<string, any>} */
  #held = new Map();

  /**
   * @param {import("./link.js").Link} link
   * @param {string} name
   */
  constructor(link, name) {
    this.link = link;
    this.#name = name;
  }

  /**
   * Calls the background for this collection.
   * @param {string} call
   * @param {any[]} args
   */
  ask(call, ...args) {
    return this.link.call(call, [this.#name, ...args]);
  }

  /**
   * Documents as they came: those that the background knows to be here come as their ids.
   * @param {any[]} packed
   */
  keep(packed) {
    return packed.map((doc) => {
      if (doc === null) return undefined;
      if (typeof doc === "string") return this.#held.get(doc);
      const held = this.#held.get(doc.id);
      if (held && JSON.stringify(held) === JSON.stringify(doc)) return held;
      this.#held.set(doc.id, doc);
      return doc;
    });
  }

  /**
   * The arguments of an edit. The id of a document is made here: sent again, the edit is of the same record.
   * @param {string} kind
   * @param {any[]} args
   */
  edit(kind, [first, ...rest]) {
    return [kind === "put" && isPlain(first) && first.id === undefined ? { ...first, id: newId() } : first, ...rest];
  }

  /** @param {string} id */
  async get(id) {
    return (await this.getAll([id]))[0];
  }

  /** @param {readonly string[]} ids */
  async getAll(ids) {
    return this.keep(await this.ask("getAll", ids));
  }

  /** @param {any} [query] */
  async list(query = {}) {
    return this.keep(await this.ask("list", query));
  }

  /** @param {any} [query] */
  async count(query = {}) {
    return this.ask("count", query);
  }

  /** @param {any} doc */
  async put(doc) {
    return this.keep(await this.ask("put", ...this.edit("put", [doc])))[0];
  }

  /** @param {readonly any[]} docs */
  async putAll(docs) {
    if (!Array.isArray(docs)) throw invalidArgument("docs", "must be an array");
    await this.ask("putAll", docs.map((doc) => this.edit("put", [doc])[0]));
  }

  /**
   * @param {string} id
   * @param {object} patch
   */
  async update(id, patch) {
    return this.keep(await this.ask("update", id, patch))[0];
  }

  /** @param {string} id */
  async delete(id) {
    await this.ask("delete", id);
  }

  /** @param {any} [query] */
  live(query = {}) {
    this.link.ensureOpen();
    return new LiveQuery(this, { collection: this.#name, query: jsonOf([query]) });
  }

  /** @param {string} id */
  async state(id) {
    return this.ask("state", id);
  }

  /** @param {string} id */
  async whenSynced(id) {
    for (;;) {
      const changed = this.link.nextStatus();
      const state = await this.state(id);
      if (state === "synced" || state === "absent") return;
      if (state === "parked") throw new SynclineError("aborted", `the server refused the latest edit of \`${id}\`: see parked()`);
      await changed;
    }
  }
}

class LiveQuery {
  #collection;
  /** What the background is asked. */
  question;
  /** @type {Set<(docs: readonly any[]) => void>} */
  #listeners = new Set();
  #number = 0;
  /** @type {readonly any[] | undefined} */
  current = undefined;

  /**
   * @param {Collection} collection
   * @param {object} question
   */
  constructor(collection, question) {
    this.#collection = collection;
    this.question = question;
  }

  /** @param {(docs: readonly any[]) => void} listener */
  subscribe(listener) {
    const { link } = this.#collection;
    // One function may subscribe several times.
    const tell = (/** @type {readonly any[]} */ docs) => listener(docs);
    this.#listeners.add(tell);
    if (!this.#number) this.#number = link.listen(this);
    // A store tells what it holds within the call.
    if (this.current) listener(this.current);
    return () => {
      if (this.#listeners.delete(tell) && !this.#listeners.size) {
        link.unlisten(this.#number);
        this.#number = 0;
      }
    };
  }

  [Symbol.asyncIterator]() {
    return iterate((/** @type {(docs: readonly any[]) => void} */ listener) => this.subscribe(listener));
  }

  /**
   * What of the answer is another than it was; all of it, where the background began anew.
   * @param {{at: number | null, drop: number, docs: any[]}} patch
   */
  handlePatch({ at, drop, docs }) {
    const before = this.current ?? [];
    const kept = this.#collection.keep(docs);
    const next = at === null ? kept : [...before.slice(0, at), ...kept, ...before.slice(at + drop)];
    if (this.current && next.length === before.length && next.every((doc, place) => doc === before[place])) return;
    this.current = next;
    [...this.#listeners].forEach((listener) => listener(next));
  }
}
