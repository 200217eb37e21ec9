// @ts-check
// A client's port to the background: asks, and asks again what had no answer when the background was ended. Knows no documents.

import { SynclineError, invalidArgument, toError } from "../errors.js";
import { extensionApi } from "../extension/namespace.js";

/** Characters that a message may have: Chrome refuses 64 MiB (https://developer.chrome.com/docs/extensions/develop/concepts/messaging). */
const MAX_MESSAGE = 32 * 1024 * 1024;

/** @typedef {{ask: number, call: string, args: string, at: number, of?: string, heard: number, again?: boolean}} Ask see extension/ports.js */

export class Link {
  #name;
  #timeout;
  #tell;
  /** @type {chrome.runtime.Port | undefined} */
  #port;
  #isHeard = false;
  #failures = 0;
  /** @type {any} */
  #deadline;
  /** @type {SynclineError | undefined} */
  #ended;
  #over = new AbortController();
  #id = newId();
  /** Which database it is. @type {string | undefined} */
  #of;
  #last = 0;
  /** What has no answer. @type {Map<number, {ask: Ask, signal?: AbortSignal, resolve: (value: any) => void, reject: (thrown: unknown) => void}>} */
  #asks = new Map();
  /** The live queries, by number. @type {Map<number, {question: object, handlePatch: (patch: any) => void}>} */
  lives = new Map();
  /** The kinds of events that somebody ever listened to. @type {Set<string>} */
  #kinds = new Set();
  /** @type {(() => void)[]} */
  #awaiting = [];

  /**
   * @param {string} name of the port
   * @param {number} timeout milliseconds that the background may take to say anything
   * @param {(told: any) => void} tell
   */
  constructor(name, timeout, tell) {
    this.#name = name;
    this.#timeout = timeout;
    this.#tell = tell;
    const { signal } = this.#over;
    globalThis.document?.addEventListener("visibilitychange", () => this.#look(), { signal });
    // Of a page that was in the back/forward cache the port is closed, of which no word comes
    // (https://developer.chrome.com/blog/bfcache-extension-messaging-changes).
    globalThis.addEventListener?.("pageshow", ({ persisted }) => persisted && this.#lose(), { signal });
  }

  ensureOpen() {
    if (this.#ended) throw this.#ended;
  }

  /**
   * Asks the background until it has answered.
   * @param {string} call
   * @param {any[]} [args]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  async call(call, args = [], signal) {
    this.ensureOpen();
    const ask = { ask: ++this.#last, call, args: jsonOf(args), at: Date.now(), of: this.#of, heard: 0 };
    if (ask.args.length > MAX_MESSAGE) throw invalidArgument(call, "is too large to cross at once");
    return new Promise((resolve, reject) => {
      this.#asks.set(ask.ask, { ask, signal, resolve, reject });
      signal?.addEventListener("abort", () => this.#post({ stop: ask.ask }));
      if (this.#port) this.#send(ask.ask);
      else this.#open();
    });
  }

  /**
   * Keeps a live query's answer current.
   * @param {{question: object, handlePatch: (patch: any) => void}} live
   */
  listen(live) {
    const number = ++this.#last;
    this.lives.set(number, live);
    if (this.#port) this.#post({ live: number, ...live.question });
    else this.#look();
    return number;
  }

  /** @param {number} number */
  unlisten(number) {
    this.lives.delete(number);
    this.#post({ unlive: number });
  }

  /** @param {string} kind of events, which are told from here on */
  hear(kind) {
    this.#kinds.add(kind);
    this.#look();
  }

  /** Resolves when the status changes. @returns {Promise<void>} */
  nextStatus() {
    return new Promise((resolve) => this.#awaiting.push(resolve));
  }

  settle() {
    this.#awaiting.splice(0).forEach((resolve) => resolve());
  }

  /** @param {string} why */
  end(why) {
    this.#ended ??= new SynclineError("closed", why);
    this.#over.abort();
    this.#port?.disconnect();
    this.#port = undefined;
    this.lives.clear();
    this.#fail(this.#ended);
    this.settle();
  }

  /** @param {SynclineError} error */
  #fail(error) {
    this.#unwatch();
    this.#asks.forEach(({ reject }) => reject(error));
    this.#asks.clear();
  }

  /** Tells the background what is heard and whether anybody sees it; connects where both are so. */
  #look() {
    if (this.#port) this.#post(this.#hello());
    else if (this.#isWanted()) this.#open();
  }

  #hello() {
    return { hello: this.#id, kinds: [...this.#kinds], isSeen: isSeen() };
  }

  // What nobody sees does not wake the background only to listen: a forgotten tab would keep it awake for ever.
  #isWanted() {
    return this.#asks.size > 0 || (isSeen() && this.#kinds.size + this.lives.size + this.#awaiting.length > 0);
  }

  #open() {
    if (this.#port || this.#ended) return;
    this.#watch();
    const runtime = extensionApi()?.runtime;
    /** @type {chrome.runtime.Port} */
    let port;
    try {
      port = this.#port = runtime.connect({ name: this.#name });
    } catch {
      this.end("there is no extension here, or it was updated or removed since this page was loaded");
      return;
    }
    port.onMessage.addListener((message) => void (port === this.#port && this.#hear(message)));
    port.onDisconnect.addListener(() => {
      // Read, it is not reported (https://developer.chrome.com/docs/extensions/reference/api/runtime#property-lastError).
      void runtime.lastError;
      if (port === this.#port) this.#lose();
    });
    this.#post(this.#hello());
    this.#asks.forEach((_, number) => this.#send(number));
    this.lives.forEach(({ question }, live) => this.#post({ live, ...question }));
  }

  #lose() {
    this.#port = undefined;
    this.#isHeard = false;
    this.#watch();
    setTimeout(() => this.#look(), Math.min(1_000, 10 * 2 ** this.#failures++));
  }

  /** @param {any} message */
  #hear(message) {
    this.#isHeard = true;
    this.#failures = 0;
    this.#unwatch();
    const { answer, value, error } = message;
    this.#of = message.welcome?.of ?? this.#of;
    if (!answer) {
      this.#tell(message);
      return;
    }
    const ask = this.#asks.get(answer);
    this.#asks.delete(answer);
    if (error) ask?.reject(toError(error));
    else ask?.resolve(value);
  }

  /** @param {number} number */
  #send(number) {
    const waiting = this.#asks.get(number);
    if (waiting) {
      const [heard = number] = this.#asks.keys();
      this.#post({ ...waiting.ask, heard });
      waiting.ask = { ...waiting.ask, again: true };
      if (waiting.signal?.aborted) this.#post({ stop: number });
    }
  }

  /** @param {object} message */
  #post(message) {
    const port = this.#port;
    try {
      port?.postMessage(message);
    } catch {
      // It has just been closed: all is sent again over another.
      if (port === this.#port) this.#lose();
    }
  }

  #watch() {
    if (this.#isHeard || this.#asks.size === 0) return;
    const error = new SynclineError("timeout", `no background answered on the port \`${this.#name}\` within ${this.#timeout} ms`, true);
    this.#deadline ??= setTimeout(() => this.#fail(error), this.#timeout);
  }

  #unwatch() {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }
}

function isSeen() {
  return !globalThis.document?.hidden;
}

/** A UUIDv7. `crypto.randomUUID` is missing on pages without https, and with it in their content scripts. */
export function newId() {
  const random = Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const time = Date.now().toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-a${random.slice(3, 6)}-${random.slice(6, 18)}`;
}

/** @param {any} value */
export function isPlain(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Arguments as JSON text. Refuses what would silently be changed or left out on the way, by the name of its field.
 * @param {readonly unknown[]} args
 */
export function jsonOf(args) {
  /** Where each object is. @type {Map<unknown, string>} */
  const paths = new Map();
  const wrong = (/** @type {string} */ path, /** @type {string} */ what) => new SynclineError("invalid-document", `${path || "document"}: ${what}`, false, { field: path });
  try {
    return JSON.stringify(args, /** @this {any} */ function (key) {
      const value = this[key];
      const above = paths.get(this) ?? "";
      const path = value === args || this === args ? "" : Array.isArray(this) ? `${above}[${key}]` : above && `${above}.` + key || key;
      if (typeof value === "object" && value !== null) {
        if (!Array.isArray(value) && !isPlain(value)) throw wrong(path, `is a ${value.constructor?.name}, which JSON does not have`);
        paths.set(value, path);
      } else if (value === undefined ? Array.isArray(this) && this !== args : !["string", "boolean"].includes(typeof value) && value !== null && !Number.isFinite(value)) {
        throw wrong(path, `is ${typeof value === "number" ? value : `a ${typeof value}`}, which JSON does not have`);
      }
      return value;
    });
  } catch (thrown) {
    throw thrown instanceof SynclineError ? thrown : wrong("", "contains itself");
  }
}
