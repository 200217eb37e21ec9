// @ts-check
// Web Locks among the contexts of one device. A context that dies lets go of its own.

/**
 * @typedef {object} Claim
 * @property {import("./scope.js").Scope} scope
 * @property {string} name
 * @property {() => unknown} callback
 * @property {(value: unknown) => void} resolve
 * @property {(error: unknown) => void} reject
 */

export class Locks {
  /** @type {Map<string, Claim>} */
  #held = new Map();
  /** @type {Claim[]} */
  #waiting = [];

  /**
   * What `navigator.locks` is in a context.
   * @param {import("./scope.js").Scope} scope
   */
  managerOf(scope) {
    return {
      query: async () => ({ held: [...this.#held.keys()].map((name) => ({ name })), pending: [] }),
      request: (/** @type {string} */ name, /** @type {{steal?: boolean, signal?: AbortSignal}} */ options, /** @type {() => unknown} */ callback) =>
        new Promise((resolve, reject) => {
          const claim = { scope, name, callback, resolve, reject };
          options.signal?.addEventListener("abort", () => this.#withdraw(claim));
          if (options.steal) {
            this.#held.get(name)?.reject(new DOMException("the lock was stolen", "AbortError"));
            this.#grant(claim);
          } else {
            this.#waiting.push(claim);
            this.#grantNext(name);
          }
        }),
    };
  }

  /** @param {import("./scope.js").Scope} scope */
  handleDeath(scope) {
    this.#waiting = this.#waiting.filter((claim) => claim.scope !== scope);
    [...this.#held.values()].filter((claim) => claim.scope === scope).forEach((claim) => this.#release(claim));
  }

  /** @param {Claim} claim */
  #withdraw(claim) {
    if (!this.#waiting.includes(claim)) return;
    this.#waiting = this.#waiting.filter((other) => other !== claim);
    claim.reject(new DOMException("the request was withdrawn", "AbortError"));
  }

  /** @param {string} name */
  #grantNext(name) {
    const claim = this.#waiting.find((waiting) => waiting.name === name);
    if (claim === undefined || this.#held.has(name)) return;
    this.#waiting = this.#waiting.filter((other) => other !== claim);
    this.#grant(claim);
  }

  /** @param {Claim} claim */
  #grant(claim) {
    this.#held.set(claim.name, claim);
    claim.scope.soon(() => {
      const over = (/** @type {(value: unknown) => void} */ settle) => (/** @type {unknown} */ value) => {
        settle(value);
        this.#release(claim);
      };
      Promise.resolve(claim.callback()).then(over(claim.resolve), over(claim.reject));
    });
  }

  /** @param {Claim} claim */
  #release(claim) {
    if (this.#held.get(claim.name) !== claim) return;
    this.#held.delete(claim.name);
    this.#grantNext(claim.name);
  }
}
