// @ts-check
// The documents that JavaScript holds: the same object until its record changes. Asks the core for none.

import { ofUtf8 } from "./utf8.js";

/** @typedef {import("./index.js").Document} Document */

/** Answers kept for one collection until it changes. */
const MAX_ANSWERS = 64;
/** Answers whose documents are not sorted yet: they keep what has changed since in memory. */
const MAX_FRESH = 16;

/**
 * What is held of one collection. Most documents are only ever seen in answers, so those that are fresh are not sorted by
 * their ids before somebody asks for one.
 * @typedef {{byId: Map<string, Document>, fresh: {numbers: Uint32Array, docs: Document[]}[]}} Held
 */

/** @typedef {import("./schema.js").Schema} Schema */

/** Collections are known by their places: see `Core.placeOf`. */
export class Documents {
  #freeze;
  /** By collection, where documents have versions. @type {(Schema | undefined)[]} */
  #schemas = [];
  /** By the number that the core knows each by. @type {(Document | undefined)[]} */
  #byNumber = [];
  /** By collection. @type {(Held | undefined)[]} */
  #held = [];
  /** By collection, and query. @type {(Map<string, readonly Document[]> | undefined)[]} */
  #answers = [];

  /** @param {boolean} freeze whether documents are frozen, all the way down */
  constructor(freeze) {
    this.#freeze = freeze;
  }

  /**
   * Takes the versions of a collection's documents.
   * @param {number} collection
   * @param {Schema} schema
   */
  setSchema(collection, schema) {
    this.#schemas[collection] = schema;
  }

  /**
   * A document that is held. What is held is what is stored: the core says at once when a record changes.
   * @param {number} collection
   * @param {string} id
   */
  held(collection, id) {
    const held = this.#held[collection];
    if (held === undefined) {
      return undefined;
    }
    if (held.fresh.length > 0) {
      this.#sort(held);
    }
    return held.byId.get(id);
  }

  /**
   * The answer to a query since which its collection did not change.
   * @param {number} collection
   * @param {string} query
   */
  answer(collection, query) {
    return this.#answers[collection]?.get(query);
  }

  /**
   * Keeps fresh documents under their numbers and gives the wanted ones, in order; 0 is `undefined`.
   * @param {number} collection
   * @param {Uint32Array} wanted none: the fresh ones
   * @param {Uint32Array} fresh
   * @param {Uint8Array} texts JSON text of the fresh ones, each of which has its record's id, as UTF-8
   * @param {string | number | undefined} purpose the query that this answers, by its text or by its live number
   */
  take(collection, wanted, fresh, texts, purpose) {
    const docs = fresh.length > 0 ? this.#keep(collection, fresh, this.#shown(collection, JSON.parse(ofUtf8(texts)))) : [];
    const found = wanted.length > 0 ? Array.from(wanted, (number) => this.#byNumber[number]) : docs.slice();
    if (typeof purpose === "string") {
      this.#keepAnswer(collection, purpose, /** @type {Document[]} */ (found));
    }
    return found;
  }

  /**
   * Keeps one fresh document under its number.
   * @param {number} collection
   * @param {number} number
   * @param {Uint8Array} text JSON text as UTF-8
   */
  takeOne(collection, number, text) {
    const schema = this.#schemas[collection];
    const stored = JSON.parse(ofUtf8(text));
    const doc = schema === undefined ? stored : schema.show(stored);
    this.#byNumber[number] = this.#freeze ? deepFreeze(doc) : doc;
    this.#heldOf(collection).byId.set(doc.id, doc);
  }

  /**
   * Drops what changed.
   * @param {number} collection
   * @param {Uint32Array} freed the numbers of the documents
   * @param {boolean} isAll whether everything of the collection may have changed
   */
  forget(collection, freed, isAll) {
    this.#answers[collection] = undefined;
    const held = this.#held[collection];
    for (const number of freed) {
      const doc = this.#byNumber[number];
      this.#byNumber[number] = undefined;
      held?.byId.delete(/** @type {string} */ (doc?.id));
    }
    if (isAll) {
      this.#held[collection] = undefined;
    }
  }

  /**
   * @param {number} collection
   * @param {any[]} docs as they are stored
   */
  #shown(collection, docs) {
    const schema = this.#schemas[collection];
    return schema === undefined ? docs : docs.map((doc) => schema.show(doc));
  }

  /**
   * @param {number} collection
   * @param {Uint32Array} numbers
   * @param {Document[]} docs
   */
  #keep(collection, numbers, docs) {
    if (this.#freeze) {
      docs.forEach(deepFreeze);
    }
    for (let place = 0; place < numbers.length; place += 1) {
      this.#byNumber[/** @type {number} */ (numbers[place])] = docs[place];
    }
    const held = this.#heldOf(collection);
    held.fresh.push({ numbers, docs });
    if (held.fresh.length > MAX_FRESH) {
      this.#sort(held);
    }
    return docs;
  }

  /** @param {Held} held */
  #sort(held) {
    for (const { numbers, docs } of held.fresh.splice(0)) {
      docs.forEach((doc, place) => {
        // Only what was not dropped meanwhile: its number may be another document's by now.
        if (this.#byNumber[/** @type {number} */ (numbers[place])] === doc) {
          held.byId.set(/** @type {string} */ (doc.id), doc);
        }
      });
    }
  }

  /** @param {number} collection */
  #heldOf(collection) {
    let held = this.#held[collection];
    if (held === undefined) {
      held = { byId: new Map(), fresh: [] };
      this.#held[collection] = held;
    }
    return held;
  }

  /**
   * @param {number} collection
   * @param {string} query
   * @param {readonly Document[]} found
   */
  #keepAnswer(collection, query, found) {
    let answers = this.#answers[collection];
    if (answers === undefined) {
      answers = new Map();
      this.#answers[collection] = answers;
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
