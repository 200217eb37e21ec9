// @ts-check
// A query that keeps its answer current. Filters nothing: it asks the collection again when that changed.

/** @typedef {import("./index.js").Document} Document */

/** The live query of index.d.ts, for documents of any shape. */
export class LiveQuery {
  #session;
  #collection;
  #name;
  #query;
  /** @type {Set<(docs: readonly any[]) => void>} */
  #listeners = new Set();
  /** @type {(() => void) | undefined} */
  #stop;
  #isAsking = false;
  #isStale = false;
  /** @type {readonly any[] | undefined} */
  current = undefined;

  /**
   * @param {import("./session.js").Session} session
   * @param {import("./collection.js").Collection} collection
   * @param {string} name
   * @param {import("./index.js").Query<any>} query
   */
  constructor(session, collection, name, query) {
    this.#session = session;
    this.#collection = collection;
    this.#name = name;
    this.#query = query;
  }

  /**
   * Calls back with the answer now and whenever it changes.
   * @param {(docs: readonly any[]) => void} listener
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    if (this.#stop === undefined) {
      this.#stop = this.#session.onChange(this.#name, () => this.#ask());
      this.#ask();
    } else if (this.current !== undefined) {
      const current = this.current;
      queueMicrotask(() => this.#listeners.has(listener) && listener(current));
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) {
        this.#stop?.();
        this.#stop = undefined;
      }
    };
  }

  async *[Symbol.asyncIterator]() {
    /** @type {(readonly any[])[]} */
    const waiting = [];
    /** @type {() => void} */
    let wake = () => {};
    const stop = this.subscribe((docs) => {
      waiting.splice(0, waiting.length, docs);
      wake();
    });
    try {
      for (;;) {
        const docs = waiting.shift();
        if (docs !== undefined) {
          yield docs;
        } else {
          await new Promise((resolve) => {
            wake = () => resolve(undefined);
          });
        }
      }
    } finally {
      stop();
    }
  }

  async #ask() {
    this.#isStale = true;
    if (this.#isAsking) {
      return;
    }
    this.#isAsking = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        this.#answer(await this.#collection.list(this.#query));
      }
    } catch (thrown) {
      this.#session.report(thrown);
    } finally {
      this.#isAsking = false;
    }
  }

  /** @param {readonly any[]} docs */
  #answer(docs) {
    const before = this.current;
    if (before !== undefined && before.length === docs.length && docs.every((doc, place) => doc === before[place])) {
      return;
    }
    this.current = docs;
    [...this.#listeners].forEach((listener) => listener(docs));
  }
}
