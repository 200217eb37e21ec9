// @ts-check
// Chance that is the same in every run: `crypto.getRandomValues` from a seed (splitmix32). Good for tests alone.

export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed | 0;
  }

  /**
   * Fills an array with bytes.
   * @template {Uint8Array} T
   * @param {T} bytes
   */
  fill(bytes) {
    for (let at = 0; at < bytes.length; at += 1) {
      bytes[at] = this.#next();
    }
    return bytes;
  }

  #next() {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  }
}
