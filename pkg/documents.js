// @ts-check
// The documents that JavaScript holds: the same object until its record changes. Asks the core for none.

/** @typedef {import("./index.js").Document} Document */

/** Answers kept for one collection until it changes. */
const MAX_ANSWERS = 64;

export class Documents {
  #freeze;
  /** By the number that the core knows each by. @type {(Document | undefined)[]} */
  #byNumber = [];
  /** By collection and id. @type {Map<string, Map<string, Document>>} */
  #byId = new Map();
  /** By collection and query. @type {Map<string, Map<string, readonly Document[]>>} */
  #answers = new Map();

  /** @param {boolean} freeze whether documents are frozen, all the way down */
  constructor(freeze) {
    this.#freeze = freeze;
  }

  /**
   * A document that is held. What is held is what is stored: the core says at once when a record changes.
   * @param {string} collection
   * @param {string} id
   */
  held(collection, id) {
    return this.#byId.get(collection)?.get(id);
  }

  /**
   * The answer to a query since which its collection did not change.
   * @param {string} collection
   * @param {string} query
   */
  answer(collection, query) {
    return this.#answers.get(collection)?.get(query);
  }

  /**
   * Keeps fresh documents under their numbers and gives the wanted ones, in order; 0 is `undefined`.
   * @param {string} collection
   * @param {Uint32Array} wanted
   * @param {Uint32Array} fresh
   * @param {string} ids JSON text of the ids of the fresh ones
   * @param {string} texts JSON text of the fresh ones
   * @param {string | number | undefined} purpose the query that this answers, by its text or by its live number
   */
  take(collection, wanted, fresh, ids, texts, purpose) {
    if (fresh.length > 0) {
      this.#keep(collection, fresh, JSON.parse(ids), JSON.parse(texts));
    }
    const found = Array.from(wanted, (number) => this.#byNumber[number]);
    if (typeof purpose === "string") {
      this.#keepAnswer(collection, purpose, /** @type {Document[]} */ (found));
    }
    return found;
  }

  /**
   * Keeps one fresh document under its number.
   * @param {string} collection
   * @param {number} number
   * @param {string} id
   * @param {string} text
   */
  takeOne(collection, number, id, text) {
    this.#hold(this.#heldOf(collection), number, id, JSON.parse(text));
  }

  /**
   * Drops what changed.
   * @param {string} collection
   * @param {readonly string[]} ids none: all
   * @param {readonly number[]} freed
   */
  forget(collection, ids, freed) {
    this.#answers.delete(collection);
    for (const number of freed) {
      this.#byNumber[number] = undefined;
    }
    const held = this.#byId.get(collection);
    if (ids.length === 0) {
      held?.clear();
    } else {
      ids.forEach((id) => held?.delete(id));
    }
  }

  /**
   * @param {string} collection
   * @param {Uint32Array} fresh
   * @param {string[]} ids
   * @param {Document[]} docs
   */
  #keep(collection, fresh, ids, docs) {
    const held = this.#heldOf(collection);
    for (let place = 0; place < fresh.length; place += 1) {
      const number = /** @type {number} */ (fresh[place]);
      this.#hold(held, number, /** @type {string} */ (ids[place]), /** @type {Document} */ (docs[place]));
    }
  }

  /**
   * @param {Map<string, Document>} held
   * @param {number} number
   * @param {string} id
   * @param {Document} doc
   */
  #hold(held, number, id, doc) {
    this.#byNumber[number] = this.#freeze ? deepFreeze(doc) : doc;
    held.set(id, doc);
  }

  /** @param {string} collection */
  #heldOf(collection) {
    let held = this.#byId.get(collection);
    if (held === undefined) {
      held = new Map();
      this.#byId.set(collection, held);
    }
    return held;
  }

  /**
   * @param {string} collection
   * @param {string} query
   * @param {readonly Document[]} found
   */
  #keepAnswer(collection, query, found) {
    let answers = this.#answers.get(collection);
    if (answers === undefined) {
      answers = new Map();
      this.#answers.set(collection, answers);
    }
    if (answers.size >= MAX_ANSWERS) {
      answers.clear();
    }
    answers.set(query, found);
  }
}

/**
 * @template T
 * @param {T} value
 * @returns {T}
 */
function deepFreeze(value) {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
