// @ts-check
// `WebSocket` to the server of the world: says when to pull, as `/v1/live` does. Sends no pages.

/** The server's word that it lives, in milliseconds (docs/protocol.md). */
const PING = 20_000;
const ABNORMAL = 1006;
const NORMAL = 1000;

/** Node has none before version 23 (https://nodejs.org/api/globals.html#class-closeevent). */
export class CloseEvent extends Event {
  /**
   * @param {string} type
   * @param {{code?: number, reason?: string, wasClean?: boolean}} [init]
   */
  constructor(type, { code = 0, reason = "", wasClean = false } = {}) {
    super(type);
    this.code = code;
    this.reason = reason;
    this.wasClean = wasClean;
  }
}

/**
 * What `WebSocket` is in a context.
 * @param {import("./scope.js").Scope} scope
 * @param {import("./device.js").Device} device
 * @param {import("./server.js").Server} server
 */
export function socketsOf(scope, device, server) {
  const { clock } = device;
  return class WebSocket extends EventTarget {
    readyState = 0;
    binaryType = "arraybuffer";
    #deaf = () => {};
    #pings = 0;

    constructor() {
      super();
      scope.soon(() => (device.isOnline ? this.#open() : this.#end(ABNORMAL)));
    }

    /** @param {string} text */
    send(text) {
      if (JSON.parse(text).collections === undefined || this.readyState !== 1) return;
      const deafen = server.listen((collections) => this.#say({ changed: Object.fromEntries([...collections].map((name) => [name, null])) }));
      const stop = device.whenOffline(() => this.#end(ABNORMAL));
      const unping = this.#ping();
      this.#deaf = () => [deafen, stop, unping].forEach((end) => end());
    }

    close() {
      this.#end(NORMAL);
    }

    #open() {
      if (this.readyState !== 0) return;
      this.readyState = 1;
      this.dispatchEvent(new Event("open"));
    }

    #ping() {
      let cancel = () => {};
      const again = () => {
        this.#say({ ping: (this.#pings += 1) });
        cancel = clock.after(PING, again);
      };
      cancel = clock.after(PING, again);
      return () => cancel();
    }

    /** @param {object} message */
    #say(message) {
      if (scope.isDead) {
        this.#deaf();
        return;
      }
      clock.after(device.latency, () => {
        if (this.readyState === 1 && !scope.isDead) this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(message) }));
      });
    }

    /** @param {number} code */
    #end(code) {
      if (this.readyState === 3) return;
      this.readyState = 3;
      this.#deaf();
      scope.soon(() => {
        if (code === ABNORMAL) this.dispatchEvent(new Event("error"));
        this.dispatchEvent(new CloseEvent("close", { code, wasClean: code === NORMAL }));
      });
    }
  };
}
