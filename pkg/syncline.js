// @ts-check
// The handle of an open database, and how one is opened on a core that is given. The API is documented in index.d.ts.

import { Collection, deleteEdit, editText, putEdit, updateEdit } from "./collection.js";
import { checkDocument, documentText, encodeJson } from "./encode.js";
import { SynclineError, invalidArgument, toError } from "./errors.js";
import { sortOptions } from "./options.js";
import { Session } from "./session.js";
import { pack, unpack } from "./transfer.js";

/**
 * Opens a database.
 * @param {unknown} options
 * @param {(wasm: any) => Promise<Pick<typeof import("./wasm/core.js").Core, "open">>} load where the core comes from
 * @param {(name: string) => import("./begin.js").Beginning | undefined} [begin] begins with what does not need the core
 * @returns {Promise<any>}
 */
export async function openOn(options, load, begin = () => undefined) {
  const sorted = sortOptions(options);
  const names = Object.keys(sorted.core.collections);
  const syncline = new Syncline(sorted.name, names);
  const session = new Session(syncline, sorted.token, sorted.freeze, sorted.resolvers, sorted.schemas);
  const beginning = begin(sorted.name);
  const Core = await load(sorted.wasm).catch((thrown) => {
    beginning?.end();
    throw new SynclineError("storage-unavailable", `wasm: could not be loaded: ${thrown?.message ?? thrown}`, true);
  });
  try {
    const host = session.host(await beginning?.take());
    session.begin(await Core.open(sorted.core, sorted.backend, host), names);
    // The core has taken it over: what was read ahead is not to stay in memory.
    host.begun = undefined;
  } catch (thrown) {
    beginning?.end();
    throw toError(thrown);
  }
  syncline.begin(session);
  return syncline;
}

class Syncline extends EventTarget {
  #session = /** @type {Session} */ (/** @type {unknown} */ (undefined));
  /** @type {Map<string, Collection>} */
  #collections = new Map();
  #names;

  /**
   * @param {string} name
   * @param {readonly string[]} names of the collections
   */
  constructor(name, names) {
    super();
    this.name = name;
    this.#names = names;
  }

  /**
   * What nobody listens to is not told: a hundred puts would be a hundred events.
   * @param {string} type
   * @param {any} listener
   * @param {any} [options]
   */
  addEventListener(type, listener, options) {
    this.#session.awaited.add(type);
    super.addEventListener(type, listener, options);
  }

  /** @param {Session} session */
  begin(session) {
    this.#session = session;
    this.#names.forEach((name) => this.#collections.set(name, new Collection(session, name)));
  }

  get device() {
    return this.#session.device;
  }

  get status() {
    return this.#session.status;
  }

  /** @param {string} name */
  collection(name) {
    const collection = this.#collections.get(name);
    if (collection === undefined) {
      throw invalidArgument("collection", `\`${name}\` was not named when the database was opened`);
    }
    return collection;
  }

  /** @param {(tx: any) => void} write */
  async batch(write) {
    this.#session.ensureOpen();
    // Each is turned into text as it is said: the caller may use one object for several edits.
    /** @type {string[]} */
    const edits = [];
    const say = (/** @type {import("./collection.js").Edit} */ edit) => void edits.push(editText(edit));
    const placeOf = (/** @type {string} */ name) => this.collection(name).place;
    const returned = /** @type {unknown} */ (
      write({
        put: (/** @type {string} */ name, /** @type {object} */ doc) => say(putEdit(this.#session, placeOf(name), doc)),
        update: (/** @type {string} */ name, /** @type {string} */ id, /** @type {object} */ patch) => say(updateEdit(this.#session, placeOf(name), id, patch)),
        delete: (/** @type {string} */ name, /** @type {string} */ id) => say(deleteEdit(placeOf(name), id)),
      })
    );
    if (returned instanceof Promise) {
      throw invalidArgument("write", "must not be asynchronous: a batch is one commit");
    }
    await this.#session.write(edits);
  }

  /** @param {string[]} collections */
  enable(...collections) {
    return this.#switch(collections, true);
  }

  /** @param {string[]} collections */
  disable(...collections) {
    return this.#switch(collections, false);
  }

  /** @param {{budgetMs?: number, signal?: AbortSignal}} [options] */
  async sync({ budgetMs, signal } = {}) {
    if (budgetMs !== undefined && !(Number.isFinite(budgetMs) && budgetMs >= 0)) {
      throw invalidArgument("budgetMs", "must be a number of milliseconds, 0 or more");
    }
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw invalidArgument("signal", "must be an AbortSignal");
    }
    return this.#session.call((core) => core.sync(budgetMs, signal));
  }

  /** @param {(status: import("./index.js").Status) => void} listener */
  subscribe(listener) {
    const heard = (/** @type {Event} */ event) => listener(/** @type {CustomEvent} */ (event).detail);
    this.addEventListener("status", heard);
    listener(this.status);
    return () => this.removeEventListener("status", heard);
  }

  async pending() {
    return this.#unmarked(await this.#session.call((core) => core.pending()));
  }

  async parked() {
    return this.#unmarked(await this.#session.call((core) => core.parked()));
  }

  /**
   * @param {string} change
   * @param {import("./index.js").Json} [data]
   */
  async requeue(change, data) {
    if (data !== undefined) {
      checkDocument(data);
    }
    // What goes back is of the app's version.
    const parked = data === undefined ? undefined : (await this.parked()).find(({ id }) => id === String(change));
    const doc = this.#session.marked(parked?.collection, data);
    const text = doc === undefined ? undefined : encodeJson(doc, doc);
    await this.#session.call((core) => core.requeue(String(change), text));
  }

  /** @param {string} change */
  async discard(change) {
    await this.#session.call((core) => core.discard(String(change)));
  }

  async flush() {
    await this.#session.call((core) => core.flush());
  }

  async storage() {
    this.#session.ensureOpen();
    const manager = globalThis.navigator?.storage;
    const { usage = 0, quota = 0 } = (await manager?.estimate?.()) ?? {};
    const persistent = (await manager?.persisted?.()) ?? false;
    const counts = await Promise.all([...this.#collections.values()].map((collection) => collection.count()));
    const records = counts.reduce((sum, count) => sum + count, 0);
    return { usage, quota, persistent, records, pending: this.status.pending };
  }

  async conflicts() {
    return this.#unmarked(await this.#session.call((core) => core.conflicts()));
  }

  /**
   * @param {string} conflict
   * @param {"local" | "remote" | { merged: import("./index.js").Json | null }} choice
   */
  async resolve(conflict, choice) {
    if (choice === "local" || choice === "remote") {
      await this.#session.call((core) => core.resolve(String(conflict), choice, undefined));
    } else if (choice?.merged === undefined) {
      throw invalidArgument("choice", 'must be "local", "remote" or { merged: a document or null }');
    } else {
      const known = (await this.conflicts()).find((/** @type {{id: string}} */ { id }) => id === String(conflict));
      const text = documentText(this.#session.marked(known?.collection, choice.merged));
      await this.#session.call((core) => core.resolve(String(conflict), "merged", text));
    }
  }

  /** @param {string} collection */
  async confirmDeletions(collection) {
    await this.#session.call((core) => core.confirmDeletions(this.collection(collection).place));
  }

  async export() {
    return this.#session.call((core) => pack(core));
  }

  /**
   * @param {Blob} file
   * @param {"replace" | "merge"} mode
   */
  async import(file, mode) {
    return this.#session.call((core) => unpack(core, file, mode));
  }

  /** @param {{dropPending?: boolean}} [options] */
  async signOut({ dropPending = false } = {}) {
    if (typeof dropPending !== "boolean") {
      throw invalidArgument("dropPending", "must be true or false");
    }
    await this.#session.call((core) => core.signOut(dropPending));
  }

  metrics() {
    this.#session.ensureOpen();
    return this.#session.core.metrics();
  }

  async close() {
    this.#session.end();
  }

  /**
   * Changes or conflicts as the app sees them.
   * @param {string} text JSON text of an array
   * @returns {any[]}
   */
  #unmarked(text) {
    return JSON.parse(text).map((/** @type {any} */ one) => this.#session.unmarked(one));
  }

  /**
   * @param {string[]} collections
   * @param {boolean} isEnabled
   */
  async #switch(collections, isEnabled) {
    const names = collections.length === 0 ? [...this.#names] : collections;
    await this.#session.call((core) => core.enable(names, isEnabled));
  }
}
