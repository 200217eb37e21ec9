// @ts-check
// Who edits which records, and who has since a background opened the database: see again.js. Edits nothing.

import { RECENT } from "./again.js";

/** @typedef {import("../index.js").Syncline<any>} Syncline */

/** Whoever is no client: the server, or another context. */
const OTHERS = "";

export class Touched {
  /** The clients that edit a record at the moment. @type {Map<string, string[]>} */
  #editors = new Map();
  /** Those that have. @type {Map<string, Set<string>>} */
  #touched = new Map();
  /** Collections of which all may have changed. @type {Set<string>} */
  #whole = new Set();

  /** @param {Syncline} client */
  constructor(client) {
    // Later nobody asks.
    const signal = AbortSignal.timeout(RECENT);
    client.addEventListener("change", ({ detail }) => this.#hear(detail), { signal });
  }

  /**
   * A client begins to edit records; gives what ends that.
   * @param {string} client
   * @param {readonly string[]} records
   */
  begin(client, records) {
    records.forEach((record) => this.#editors.set(record, [...(this.#editors.get(record) ?? []), client]));
    return () => records.forEach((record) => this.#end(client, record));
  }

  /**
   * Whether a client edits a record at the moment.
   * @param {string} client
   * @param {string} record
   */
  isEditing(client, record) {
    return this.#editors.get(record)?.includes(client) ?? false;
  }

  /**
   * Whether anybody but a client has edited a record.
   * @param {string} client
   * @param {string} collection
   * @param {string} record
   */
  isTouched(client, collection, record) {
    return this.#whole.has(collection) || [...(this.#touched.get(record) ?? [])].some((editor) => editor !== client);
  }

  /**
   * @param {string} client
   * @param {string} record
   */
  #end(client, record) {
    const editors = this.#editors.get(record) ?? [];
    const rest = editors.toSpliced(editors.indexOf(client), 1);
    if (rest.length > 0) this.#editors.set(record, rest);
    else this.#editors.delete(record);
  }

  /** @param {{collection: string, ids: readonly string[]}} change */
  #hear({ collection, ids }) {
    if (ids.length === 0) this.#whole.add(collection);
    for (const id of ids) {
      const record = recordOf(collection, id);
      const editors = this.#editors.get(record) ?? [OTHERS];
      this.#touched.set(record, new Set([...(this.#touched.get(record) ?? []), ...editors]));
    }
  }
}

/**
 * What a record is known by here.
 * @param {string} collection
 * @param {string} id
 */
export function recordOf(collection, id) {
  return `${collection}/${id}`;
}
