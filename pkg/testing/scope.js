// @ts-check
// What one context (a page, a worker) of a device finds around it: timers, requests, locks, a disk. Dies at once, as a closed tab
// does: from then on it hears nothing more.

import { Request, Response } from "./http.js";
import { IDBDatabase, IDBFactory, IDBKeyRange, IDBObjectStore, IDBOpenDBRequest, IDBRequest, IDBTransaction, IDBVersionChangeEvent } from "./indexeddb.js";
import { CloseEvent } from "./sockets.js";

class Crypto {
  #random;

  /** @param {import("./random.js").Random} random */
  constructor(random) {
    this.#random = random;
  }

  /** @param {Uint8Array} bytes */
  getRandomValues(bytes) {
    return this.#random.fill(bytes);
  }
}

export class Scope extends EventTarget {
  isDead = false;
  #clock;
  #device;
  /** @type {Map<number, () => void>} */
  #timers = new Map();
  #lastTimer = 0;

  /** @param {import("./device.js").Device} device */
  constructor(device) {
    super();
    this.#device = device;
    this.#clock = device.clock;
    this.indexedDB = new IDBFactory(device.disk, this);
    this.crypto = new Crypto(device.random);
    this.navigator = navigatorOf(device, this);
  }

  /** What the code of the context sees by name. */
  names() {
    return {
      globalThis: this, self: this, window: undefined, global: undefined, document: undefined,
      setTimeout: this.#setTimeout.bind(this), clearTimeout: this.#clearTimeout.bind(this),
      Date: { now: () => this.#clock.now }, performance: { now: () => this.#clock.now },
      fetch: this.#fetch.bind(this), Request, Response, WebSocket: this.#device.sockets(this), CloseEvent,
      BroadcastChannel: this.#device.channels.classOf(this), Crypto,
      IDBDatabase, IDBFactory, IDBKeyRange, IDBObjectStore, IDBOpenDBRequest, IDBRequest, IDBTransaction, IDBVersionChangeEvent,
    };
  }

  /**
   * Runs a task of this context.
   * @param {() => void} task
   */
  soon(task) {
    this.#clock.soon(() => this.#alive(task));
  }

  /** Ends the context: nothing of it happens any more. */
  die() {
    if (this.isDead) return;
    this.isDead = true;
    this.#timers.forEach((cancel) => cancel());
    this.#device.handleDeath(this);
  }

  /**
   * Asks the network of the device.
   * @param {Request} request
   */
  #fetch(request) {
    return new Promise((resolve, reject) => {
      const lost = () => reject(new DOMException("the request was given up", "AbortError"));
      if (request.signal?.aborted) return lost();
      request.signal?.addEventListener("abort", lost);
      this.#clock.soon(() => {
        if (this.isDead || request.signal?.aborted) return;
        let answer = () => {};
        try {
          const response = this.#device.ask(request);
          answer = () => resolve(response);
        } catch (thrown) {
          answer = () => reject(thrown);
        }
        this.#clock.after(this.#device.latency, () => this.#alive(answer));
      });
    });
  }

  /**
   * @param {() => void} task
   * @param {number} [delay]
   */
  #setTimeout(task, delay = 0) {
    const number = (this.#lastTimer += 1);
    const run = () => {
      this.#timers.delete(number);
      this.#alive(task);
    };
    this.#timers.set(number, this.#clock.after(delay, run));
    return number;
  }

  /** @param {number} number */
  #clearTimeout(number) {
    this.#timers.get(number)?.();
    this.#timers.delete(number);
  }

  /** @param {() => void} task */
  #alive(task) {
    if (!this.isDead) task();
  }
}

/**
 * @param {import("./device.js").Device} device
 * @param {Scope} scope
 */
function navigatorOf(device, scope) {
  return {
    locks: device.locks.managerOf(scope),
    get onLine() {
      return device.isOnline;
    },
  };
}
