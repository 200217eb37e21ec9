// @ts-check
// Puts of one go: what an app puts before it awaits anything goes together, in one commit. Checks no documents.

/** From so many on, the documents are asked for in one go, too. */
const MANY = 4;

/**
 * @typedef {object} Go
 * @property {string[]} texts the JSON text of each edit
 * @property {Map<number, string[]>} ids by collection
 * @property {Promise<void>} written
 * @property {() => void} send
 */

export class Puts {
  #session;
  /** @type {Go | undefined} */
  #go;

  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.#session = session;
  }

  /**
   * Resolves once the put is durable.
   * @param {number} collection
   * @param {string} id
   * @param {string} text JSON text of the edit
   * @returns {Promise<void>}
   */
  add(collection, id, text) {
    const go = (this.#go ??= this.#begin());
    go.texts.push(text);
    const ids = go.ids.get(collection);
    if (ids === undefined) {
      go.ids.set(collection, [id]);
    } else {
      ids.push(id);
    }
    return go.written.catch((thrown) => this.#writeAlone(go, text, thrown));
  }

  /** Ends the go: whatever is asked of the core from here on comes after its puts. */
  send() {
    this.#go?.send();
  }

  /** @returns {Go} */
  #begin() {
    let settle = (/** @type {Promise<void>} */ _written) => {};
    const written = /** @type {Promise<void>} */ (new Promise((resolve) => (settle = resolve)));
    const send = () => {
      if (this.#go === go) {
        this.#go = undefined;
        settle(this.#write(go));
      }
    };
    const go = { texts: [], ids: new Map(), written, send };
    queueMicrotask(send);
    return go;
  }

  /** @param {Go} go */
  async #write({ texts, ids }) {
    await this.#session.write(texts);
    if (texts.length < MANY) {
      return;
    }
    // Whoever put them is given them as stored. Where that fails here it fails there, and is told there.
    const read = [...ids].map(([collection, some]) => this.#session.call((core) => core.read(collection, some)));
    await Promise.allSettled(read);
  }

  /**
   * One put does not fail because of another.
   * @param {Go} go
   * @param {string} text
   * @param {unknown} thrown
   */
  async #writeAlone({ texts }, text, thrown) {
    if (texts.length === 1) {
      throw thrown;
    }
    await this.#session.write([text]);
  }
}
