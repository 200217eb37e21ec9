// @ts-check
// A query that keeps its answer current: applies what the core says a change did to it. Filters and sorts nothing.

import { iterate } from "./iterate.js";
import { servable } from "./schema.js";

/** The live query of index.d.ts, for documents of any shape. */
export class LiveQuery {
  #session;
  #collection;
  #query;
  /** Each with what it was last told. @type {Set<{ listener: (docs: readonly any[]) => void, told: readonly any[] | undefined }>} */
  #subscribers = new Set();
  /** The number under which the core keeps the answer current. @type {number | undefined} */
  #number;
  #isTelling = false;
  /** The answer with what could not be migrated, which is not told. @type {readonly any[] | undefined} */
  #answer = undefined;
  /** @type {readonly any[] | undefined} */
  current = undefined;

  /**
   * @param {import("./session.js").Session} session
   * @param {number} collection
   * @param {string} query JSON text
   */
  constructor(session, collection, query) {
    this.#session = session;
    this.#collection = collection;
    this.#query = query;
  }

  /**
   * Calls back with the answer, at once where it is known already, and whenever it changes.
   * @param {(docs: readonly any[]) => void} listener
   */
  subscribe(listener) {
    const subscriber = { listener, told: undefined };
    this.#subscribers.add(subscriber);
    if (this.#number === undefined) {
      this.#open();
    }
    // A Svelte store tells what it holds within the call (https://svelte.dev/docs/svelte/stores#Store-contract).
    this.#inform(subscriber);
    return () => {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) {
        this.#close();
      }
    };
  }

  [Symbol.asyncIterator]() {
    return iterate((/** @type {(docs: readonly any[]) => void} */ listener) => this.subscribe(listener));
  }

  /**
   * The whole answer came.
   * @param {readonly any[]} docs
   */
  handleAnswer(docs) {
    const before = this.#answer;
    if (before === undefined || before.length !== docs.length || docs.some((doc, place) => doc !== before[place])) {
      this.#tell(docs);
    }
  }

  /**
   * One document left a place, came to a place, or both.
   * @param {number | null} from
   * @param {number | null} to once it has left
   * @param {any} doc
   * @param {boolean} isWindow whether the answer is another altogether
   */
  handlePatch(from, to, doc, isWindow) {
    if (isWindow || this.#answer === undefined) {
      this.#askAgain();
      return;
    }
    const docs = this.#answer.slice();
    if (from !== null) {
      docs.splice(from, 1);
    }
    if (to !== null) {
      docs.splice(to, 0, doc);
    }
    this.#tell(docs);
  }

  /** Too much changed to follow. */
  handleStale() {
    queueMicrotask(() => {
      if (this.#number !== undefined) {
        this.#close();
        this.#open();
      }
    });
  }

  #open() {
    const number = this.#session.addLive(this);
    this.#number = number;
    this.#session
      .call((core) => core.openLive(this.#collection, this.#query, number))
      .catch((thrown) => this.#session.report(thrown));
  }

  #close() {
    if (this.#number !== undefined) {
      this.#session.removeLive(this.#number);
      this.#number = undefined;
    }
  }

  // From a microtask: the core is in the middle of its work when it tells.
  #askAgain() {
    queueMicrotask(async () => {
      const number = this.#number;
      if (number === undefined) {
        return;
      }
      try {
        const isKnown = await this.#session.call((core) => core.answerLive(this.#collection, number));
        if (!isKnown && this.#number === number) {
          this.handleStale();
        }
      } catch (thrown) {
        this.#session.report(thrown);
      }
    });
  }

  /** @param {readonly any[]} docs */
  #tell(docs) {
    this.#answer = docs;
    this.current = this.#session.schemas[this.#collection] === undefined ? docs : servable(docs);
    if (this.#isTelling) {
      return;
    }
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      [...this.#subscribers].forEach((subscriber) => this.#inform(subscriber));
    });
  }

  /** @param {{ listener: (docs: readonly any[]) => void, told: readonly any[] | undefined }} subscriber */
  #inform(subscriber) {
    const { current } = this;
    if (current !== undefined && current !== subscriber.told && this.#subscribers.has(subscriber)) {
      subscriber.told = current;
      subscriber.listener(current);
    }
  }
}
