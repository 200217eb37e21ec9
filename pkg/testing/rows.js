// @ts-check
// The rows of one object store, sorted by their keys. Knows no transactions: each change gives a function that takes it back.

/** @typedef {number | string} Key */

export class Rows {
  /** @type {Key[]} */
  #keys = [];
  /** @type {Map<Key, unknown>} */
  #values = new Map();

  /** @param {Key} key */
  has(key) {
    return this.#values.has(key);
  }

  /** @param {Key} key */
  get(key) {
    return this.#values.get(key);
  }

  /**
   * The keys in a range, in order.
   * @param {(key: Key) => boolean} holds
   */
  keys(holds) {
    return this.#keys.filter(holds);
  }

  /**
   * @param {Key} key
   * @param {unknown} value
   */
  set(key, value) {
    const isNew = !this.#values.has(key);
    const before = this.#values.get(key);
    this.#values.set(key, value);
    if (isNew) this.#keys.splice(this.#placeOf(key), 0, key);
    return () => void (isNew ? this.#remove(key) : this.#values.set(key, before));
  }

  /** @param {Key} key */
  delete(key) {
    if (!this.#values.has(key)) return () => {};
    const before = this.#values.get(key);
    this.#remove(key);
    return () => void this.set(key, before);
  }

  /** @param {Key} key */
  #remove(key) {
    this.#values.delete(key);
    this.#keys.splice(this.#placeOf(key), 1);
  }

  /** @param {Key} key */
  #placeOf(key) {
    let [from, to] = [0, this.#keys.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (isBefore(/** @type {Key} */ (this.#keys[middle]), key)) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/**
 * Numbers come before strings (https://w3c.github.io/IndexedDB/#compare-two-keys).
 * @param {Key} one
 * @param {Key} other
 */
export function isBefore(one, other) {
  return typeof one === typeof other ? one < other : typeof one === "number";
}
