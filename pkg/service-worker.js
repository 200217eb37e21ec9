// @ts-check
// The entry for PWAs: `serviceWorker` in the service worker, `registerSync` in pages. Documented in service-worker.d.ts.

import { CACHE } from "./load.js";
import { OnDemand, isUnfinished } from "./on-demand.js";
import { answer, forgetOthers, isOwn, keep } from "./own-files.js";
import { MESSAGE, TAG, registerSync } from "./register-sync.js";

export { registerSync };

/** Milliseconds: browsers end a service worker that takes longer than half a minute with an event. */
const BUDGET = 20_000;

// The types of workers and of pages cannot be had together; these are the few that are used.
/**
 * @typedef {Event & {
 *   waitUntil: (work: Promise<unknown>) => void,
 *   respondWith: (answer: Promise<Response>) => void,
 *   request: Request, tag: string, data: any,
 * }} WorkerEvent
 */

/** @type {typeof import("./service-worker.js").serviceWorker} */
export function serviceWorker(options, { tag = TAG, budgetMs = BUDGET, cache = CACHE, serve = false } = {}) {
  const database = new OnDemand(options);
  const drain = () => database.drain(budgetMs);
  // An event is handed out only where its listener is there once the script has run.
  const on = (/** @type {string} */ type, /** @type {(event: WorkerEvent) => void} */ listener) => addEventListener(type, /** @type {any} */ (listener));

  // Who cannot say yet what the database is opened with can be installed all the same.
  on("install", (event) => event.waitUntil(database.options().catch(() => null).then((given) => keep(cache, given))));
  on("activate", (event) => event.waitUntil(forgetOthers(cache)));
  on("sync", (event) => {
    if (event.tag === tag) {
      event.waitUntil(drain().then(ensureFinished));
    }
  });
  on("periodicsync", (event) => {
    if (event.tag === tag) {
      event.waitUntil(drain());
    }
  });
  on("message", (event) => {
    if (event.data?.type === MESSAGE && event.data.tag === tag) {
      event.waitUntil(drain());
    }
  });
  if (serve) {
    on("fetch", (event) => {
      if (event.request.method === "GET" && isOwn(event.request.url)) {
        event.respondWith(answer(cache, event.request));
      }
    });
  }
  return {
    async sync() {
      const result = await drain();
      if (result !== null && result.error !== null) {
        throw result.error;
      }
      return result && result.report;
    },
    use: (work) => database.use(work),
  };
}

/**
 * Fails where something is left to do: that is how a browser is told to send the event again later.
 * @param {import("./on-demand.js").Drained | null} result
 */
function ensureFinished(result) {
  if (isUnfinished(result)) {
    throw result?.error ?? new Error("changes wait: the budget was used up");
  }
}
