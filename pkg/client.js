// @ts-check
// The database that an extension's background has open, for its popups, pages and content scripts. Has no Wasm, and keeps
// nothing durable. The API is documented in client.d.ts.

import { Collection } from "./client/collection.js";
import { Link, jsonOf } from "./client/link.js";
import { SynclineError, invalidArgument, toError } from "./errors.js";

export { SynclineError };

/** Bytes that cross at once: a multiple of 3, of which base64 makes whole texts. */
const SLICE = 24_576;

/** @type {typeof import("./client.js").connect} */
export async function connect({ port = "syncline", timeout = 10_000 } = {}) {
  const syncline = new Syncline(port, timeout);
  try {
    await syncline.link.call("begin");
  } catch (thrown) {
    await syncline.close();
    throw thrown;
  }
  return /** @type {any} */ (syncline);
}

class Syncline {
  // Held, not extended: in a content script of Firefox an instance has nothing of a class that extends the page's
  // (https://developer.mozilla.org/en-US/docs/Mozilla/Add-ons/WebExtensions/Content_scripts#xray_vision).
  #target = new EventTarget();
  name = "";
  device = "";
  /** @type {import("./index.js").Status} */
  status = /** @type {any} */ (undefined);
  #status = "";
  /** @type {import("./index.js").Metrics} */
  #metrics = /** @type {any} */ (undefined);
  /** @type {Map<string, Collection>} */
  #collections = new Map();
  link;

  /**
   * @param {string} port
   * @param {number} timeout
   */
  constructor(port, timeout) {
    this.link = new Link(port, timeout, (told) => this.#hear(told));
  }

  /** @param {any} told */
  #hear({ welcome, status, metrics, event, detail, live, error, ...patch }) {
    if (welcome) {
      const { name, device, collections } = welcome;
      Object.assign(this, { name, device });
      for (const known of collections) {
        if (!this.#collections.has(known)) this.#collections.set(known, new Collection(this.link, known));
      }
    }
    if (status) {
      this.#metrics = metrics;
      const text = JSON.stringify(status);
      if (text !== this.#status) {
        this.#status = text;
        this.status = Object.freeze(status);
        this.link.settle();
        this.#dispatch("status", status);
      }
    }
    if (live && !error) this.link.lives.get(live)?.handlePatch(/** @type {any} */ (patch));
    else if (error || event) this.#dispatch(event ?? "error", event && event !== "error" ? detail : toError(error ?? detail));
  }

  /**
   * @param {string} kind
   * @param {unknown} detail
   */
  #dispatch(kind, detail) {
    this.#target.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  /**
   * @param {string} kind
   * @param {any} listener
   * @param {any} [options]
   */
  addEventListener(kind, listener, options) {
    this.#target.addEventListener(kind, listener, options);
    this.link.hear(kind);
  }

  /**
   * @param {string} kind
   * @param {any} listener
   */
  removeEventListener(kind, listener) {
    this.#target.removeEventListener(kind, listener);
  }

  /** @param {string} name */
  collection(name) {
    const collection = this.#collections.get(name);
    if (!collection) throw invalidArgument("collection", `\`${name}\` was not named when the database was opened`);
    return collection;
  }

  /** @param {(tx: any) => void} write */
  async batch(write) {
    /** @type {string[]} */
    const edits = [];
    // Each is turned into text as it is said: the caller may use one object for several edits.
    const say = (/** @type {string} */ kind) => (/** @type {string} */ name, /** @type {any[]} */ ...args) =>
      void edits.push(jsonOf([kind, name, ...this.collection(name).edit(kind, args)]));
    const returned = /** @type {unknown} */ (write({ put: say("put"), update: say("update"), delete: say("delete") }));
    if (returned instanceof Promise) throw invalidArgument("write", "must not be asynchronous: a batch is one commit");
    await this.link.call("batch", [edits]);
  }

  /** @param {{budgetMs?: number, signal?: AbortSignal}} [options] */
  sync({ budgetMs, signal } = {}) {
    return this.link.call("sync", [{ budgetMs }], signal);
  }

  /** @param {(status: import("./index.js").Status) => void} listener */
  subscribe(listener) {
    const heard = (/** @type {Event} */ event) => listener(/** @type {CustomEvent} */ (event).detail);
    this.addEventListener("status", heard);
    listener(this.status);
    return () => this.removeEventListener("status", heard);
  }

  /** @returns {Promise<Blob>} */
  async export() {
    const [file, size] = await this.link.call("export");
    const parts = [];
    for (let from = 0; from < size; from += SLICE) {
      const part = await this.link.call("slice", [file, from, SLICE]);
      // The background was ended, and the file with it.
      if (part === null) return this.export();
      parts.push(Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0)));
    }
    return new Blob(parts, { type: "application/gzip" });
  }

  /**
   * @param {Blob} file
   * @param {string} mode
   */
  async import(file, mode) {
    if (!(file instanceof Blob)) throw invalidArgument("file", "must be a Blob");
    const bytes = new Uint8Array(await file.arrayBuffer());
    const into = await this.link.call("file");
    for (let from = 0; from < bytes.length; from += SLICE) {
      await this.link.call("part", [into, btoa(String.fromCharCode(...bytes.subarray(from, from + SLICE)))]);
    }
    return this.link.call("import", [into, bytes.length, mode]);
  }

  metrics() {
    this.link.ensureOpen();
    return this.#metrics;
  }

  async close() {
    this.link.end("the client was closed");
  }
}

for (const name of ["enable", "disable", "pending", "parked", "requeue", "discard", "conflicts", "resolve", "confirmDeletions", "flush", "storage", "signOut"]) {
  /** @type {any} */ (Syncline.prototype)[name] = /** @this {Syncline} */ async function (/** @type {any[]} */ ...args) {
    return (await this.link.call(name, args)) ?? undefined;
  };
}
