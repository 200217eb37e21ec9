// @ts-check
// `BroadcastChannel` among the contexts of one device.

/** @typedef {{name: string, scope: import("./scope.js").Scope, onmessage: ((event: {data: unknown}) => void) | null}} End */

export class Channels {
  /** @type {Set<End>} */
  #ends = new Set();

  /**
   * What `BroadcastChannel` is in a context.
   * @param {import("./scope.js").Scope} scope
   */
  classOf(scope) {
    const ends = this.#ends;
    return class BroadcastChannel {
      scope = scope;
      /** @type {((event: {data: unknown}) => void) | null} */
      onmessage = null;

      /** @param {string} name */
      constructor(name) {
        this.name = name;
        ends.add(this);
      }

      /** @param {unknown} data */
      postMessage(data) {
        for (const end of ends) {
          if (end !== this && end.name === this.name && !scope.isDead) end.scope.soon(() => ends.has(end) && end.onmessage?.({ data }));
        }
      }

      close() {
        ends.delete(this);
      }
    };
  }

  /** @param {import("./scope.js").Scope} scope */
  handleDeath(scope) {
    this.#ends.forEach((end) => end.scope === scope && this.#ends.delete(end));
  }
}
