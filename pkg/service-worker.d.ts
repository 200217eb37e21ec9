// The types of `syncline/service-worker`: sync while no page of a PWA is open, and starts without a network.
import type { Options, Schema, SyncReport, Syncline } from "./index.js";

/**
 * Registers, at once, what a service worker listens to, and opens the database only while an event is attended to:
 * - `sync` and `periodicsync` of that tag, and the message that `registerSync` sends where a browser has neither: syncs
 *   within the budget; a `sync` that leaves changes behind fails, so that the browser sends it again;
 * - `install` and `activate`: keeps the .wasm file, and the package's own scripts where no bundler has put them into the
 *   app's, for a start without a network; the files of other versions go.
 *
 * Call it while the service worker's script runs for the first time, not later. `options` are those of `open`, or a function
 * that gives them when the database is needed; null: nobody is signed in, and nothing is synced. Everything of it happens
 * without a page, so that `token` must do without `localStorage`.
 */
export function serviceWorker<S extends Schema>(
  options: Options<S> | (() => Options<S> | null | Promise<Options<S> | null>),
  settings?: ServiceWorkerSettings,
): ServiceWorkerSync<S>;

export interface ServiceWorkerSettings {
  /** What `registerSync` was given too. Default "syncline". */
  tag?: string;
  /** Milliseconds that one event may sync. Default 20 000. */
  budgetMs?: number;
  /** The cache for the package's files. Default: one per version. */
  cache?: string;
  /** Also answers requests for the package's own scripts and module: the network's answer in time, else the one that is kept. Default false. */
  serve?: boolean;
}

/** For events of the app's own, such as `push`: `event.waitUntil(worker.sync())`. */
export interface ServiceWorkerSync<S extends Schema> {
  /** Syncs within the budget. Null: nobody is signed in. Rejects with why it could not. */
  sync(): Promise<SyncReport | null>;
  /** Runs a function with the database, and closes it afterwards unless somebody else uses it. Null: nobody is signed in. */
  use<T>(work: (db: Syncline<S>) => T | Promise<T>): Promise<T | null>;
}

/**
 * In a page: has the service worker sync whenever changes wait and this page has not sent them within a second, is hidden, or is left.
 * By Background Sync where there is one: then also once the network is back and no page is open any more. Elsewhere by a
 * message, when the page is back online, in sight, or in focus, from the back/forward cache too. Returns what ends that.
 */
export function registerSync(db: Syncline<any>, settings?: RegisterSyncSettings): () => void;

export interface RegisterSyncSettings {
  /** What `serviceWorker` was given too. Default "syncline". */
  tag?: string;
  /** Asks for news every so many minutes while no page is open, at best, where the browser grants it: to installed apps. */
  periodicMinutes?: number;
}
