// @ts-check
// What writes of clients came to in this life of the background, until the client is known to have heard it: see again.js.
// Writes nothing.

/** Outcomes kept at most, which is more than clients that are there can be waiting for. */
const MAX = 1_000;

/** @typedef {Promise<{value?: unknown, error?: object}>} Outcome never rejects */

export class Outcomes {
  /** @type {Map<string, {client: string, number: number, outcome: Outcome}>} */
  #kept = new Map();

  /**
   * @param {string} client
   * @param {number} number of the call
   */
  of(client, number) {
    return this.#kept.get(`${client}/${number}`)?.outcome;
  }

  /**
   * @param {string} client
   * @param {number} number
   * @param {Outcome} outcome
   */
  keep(client, number, outcome) {
    this.#kept.set(`${client}/${number}`, { client, number, outcome });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX) break;
      this.#kept.delete(oldest);
    }
  }

  /**
   * Forgets what a client has heard: all that it asked before a number.
   * @param {string} client
   * @param {number} number
   */
  forget(client, number) {
    for (const [key, kept] of this.#kept) {
      if (kept.client === client && kept.number < number) this.#kept.delete(key);
    }
  }

  /** Resolves when all that is under way has come to something. */
  async settled() {
    await Promise.all([...this.#kept.values()].map(({ outcome }) => outcome));
  }
}
