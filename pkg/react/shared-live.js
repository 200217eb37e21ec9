// @ts-check
// One live query for all who ask the same: found by collection and by what is asked, whatever object it is written in.

/** @typedef {import("../index.js").LiveQuery<any>} Live */
/** @typedef {{ live(query?: any): Live }} Collection */

/** Queries of a collection that are kept while nobody listens, so that whoever comes back finds the last answer. */
const KEPT = 32;

/** @type {WeakMap<Collection, Map<string, SharedLive>>} */
const all = new WeakMap();

/**
 * A query as a text that is the same for the same query, in whatever order its fields are written.
 * @param {unknown} query
 */
export function queryKey(query) {
  return JSON.stringify(query ?? {}, (_field, value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}

/**
 * The live query of a collection for the text of a query.
 * @param {Collection} collection
 * @param {string} key what `queryKey` gives
 */
export function liveOf(collection, key) {
  const lives = all.get(collection) ?? new Map();
  all.set(collection, lives);
  const found = lives.get(key) ?? new SharedLive(collection.live(JSON.parse(key)));
  // Put last: what was asked for longest ago goes first.
  lives.delete(key);
  lives.set(key, found);
  for (const [old, live] of lives) {
    if (lives.size <= KEPT) break;
    if (!live.isHeard && live !== found) lives.delete(old);
  }
  return found;
}

class SharedLive {
  #live;
  #listeners = 0;

  /** @param {Live} live */
  constructor(live) {
    this.#live = live;
  }

  get isHeard() {
    return this.#listeners > 0;
  }

  get current() {
    return this.#live.current;
  }

  /** @param {(docs: readonly any[]) => void} listener */
  subscribe(listener) {
    this.#listeners += 1;
    const stop = this.#live.subscribe(listener);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#listeners -= 1;
      stop();
    };
  }
}
