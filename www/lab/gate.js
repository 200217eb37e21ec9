// @ts-check
/**
 * A switch between this page and the network: stands before `fetch`, `WebSocket` and `navigator.onLine`.
 * Must be imported before whatever it is to cut off; knows nothing of sync.
 */

const realFetch = globalThis.fetch.bind(globalThis);
const RealSocket = globalThis.WebSocket;
/** @type {Set<AbortController>} */
const requests = new Set();
/** @type {Set<WebSocket>} */
const sockets = new Set();
let online = true;

/** Whether the page is let through. */
export function isOnline() {
  return online;
}

/**
 * Opens or shuts the gate, and tells the page as a browser would.
 * @param {boolean} open
 */
export function setOnline(open) {
  if (open === online) return;
  online = open;
  if (!open) {
    for (const request of requests) request.abort();
    for (const socket of sockets) socket.close();
  }
  globalThis.dispatchEvent(new Event(open ? "online" : "offline"));
}

/**
 * @param {RequestInfo | URL} input
 * @param {RequestInit} [init]
 */
async function gatedFetch(input, init) {
  if (!online) throw new TypeError("Failed to fetch");
  const request = new AbortController();
  requests.add(request);
  const asked = init?.signal ?? (input instanceof Request ? input.signal : null);
  try {
    return await realFetch(input, { ...init, signal: asked ? AbortSignal.any([asked, request.signal]) : request.signal });
  } catch (error) {
    // A request cut off by the gate fails as one cut off by the network does, not as one that was given up.
    throw request.signal.aborted ? new TypeError("Failed to fetch") : error;
  } finally {
    requests.delete(request);
  }
}

/** A socket that found no network: fails once listeners are there. */
class RefusedSocket extends EventTarget {
  readyState = RealSocket.CLOSED;
  bufferedAmount = 0;
  extensions = "";
  protocol = "";
  binaryType = "blob";
  /** @type {((event: Event) => void) | null} */ onopen = null;
  /** @type {((event: Event) => void) | null} */ onmessage = null;
  /** @type {((event: Event) => void) | null} */ onerror = null;
  /** @type {((event: CloseEvent) => void) | null} */ onclose = null;

  /** @param {string | URL} url */
  constructor(url) {
    super();
    this.url = String(url);
    setTimeout(() => {
      const failed = new Event("error");
      const closed = new CloseEvent("close", { code: 1006 });
      this.onerror?.(failed);
      this.dispatchEvent(failed);
      this.onclose?.(closed);
      this.dispatchEvent(closed);
    });
  }

  send() {}
  close() {}
}

const GatedSocket = new Proxy(RealSocket, {
  construct(Real, [url, protocols]) {
    if (!online) return new RefusedSocket(url);
    const socket = new Real(url, protocols ?? []);
    sockets.add(socket);
    socket.addEventListener("close", () => sockets.delete(socket));
    return socket;
  },
});

globalThis.fetch = gatedFetch;
globalThis.WebSocket = GatedSocket;
Object.defineProperty(navigator, "onLine", { get: () => online, configurable: true });
