// The types of `syncline/client`.
import type { Schema, Syncline } from "./index.js";

export { SynclineError } from "./index.js";

export interface ConnectOptions {
  /** The name of the port that the background serves. Default "syncline". */
  port?: string;
  /**
   * Milliseconds that the background may take to say anything before what is asked rejects with `timeout`: whether a write was
   * done is not known then. Default 10 000.
   */
  timeout?: number;
}

/**
 * Connects to the database that the extension's background has open: the same API as `open` gives, over a port and without
 * Wasm, for popups, options pages and content scripts.
 *
 * - A write resolves once it is durable in the background's database. Where the background is ended before it has
 *   answered, the client connects anew and asks again, which cannot make a write happen twice: it is looked up first. Where
 *   somebody else edited the same record in between, so that nobody can tell any more, it rejects with `aborted`, `retryable`
 *   and `details.inDoubt`.
 * - Live queries and events go on after that, and with another database where the background opens one. A page that nobody
 *   sees hears nothing from an ended background until it is seen: it does not keep the worker awake.
 * - The same object comes back for a document until it changes.
 * - `status` and `metrics()` are as of the background's last word; `status.leader` is false: the background is who syncs.
 * - Rejects with `closed` where there is no extension, or where it was updated since the page was loaded.
 *
 * A content script is no module: one that is not bundled gets it by `import(chrome.runtime.getURL("…/client.js"))`, with the
 * package's files in `web_accessible_resources`.
 */
export function connect<S extends Schema>(options?: ConnectOptions): Promise<Syncline<S>>;
