// @ts-check
// In a page: has the service worker send what waits where the page cannot, by Background Sync where there is one, else by a
// message. Sends nothing itself.

/** @typedef {import("./index.js").Status} Status */
/** @typedef {{ register: (tag: string, options?: object) => Promise<void> }} Manager */
/** @typedef {ServiceWorkerRegistration & { sync?: Manager, periodicSync?: Manager }} Registration What TypeScript knows nothing of: https://wicg.github.io/background-sync/spec/ */
/** @typedef {{ isUrgent: boolean, sinceAsked: number }} Moment Whether the page is left, or is back in sight or online; milliseconds since the service worker was asked last. */

/** What asks a service worker to sync, as data of a message. */
export const MESSAGE = "syncline:sync";
/** The name of a sync where an app gives none. */
export const TAG = "syncline";
/** Milliseconds that changes wait before the service worker is asked: a page that can send them has done so by then. */
const PATIENCE = 1_000;
/** Milliseconds from one such question to the next. */
const REST = 10_000;
/** Where one code path hears that a page is left, or back: https://web.dev/articles/bfcache#observe_page_navigation */
const EVENTS = ["online", "focus", "pageshow", "pagehide", "visibilitychange"];

/**
 * In how many milliseconds the service worker is to be asked; null: not at all, because nothing waits.
 * @param {Pick<Status, "collections">} status
 * @param {Moment} moment
 */
export function plan({ collections }, { isUrgent, sinceAsked }) {
  if (!Object.values(collections).some(({ enabled, pending }) => enabled && pending > 0)) {
    return null;
  }
  return isUrgent ? 0 : Math.max(PATIENCE, REST - sinceAsked);
}

/** @type {typeof import("./service-worker.js").registerSync} */
export function registerSync(client, { tag = TAG, periodicMinutes } = {}) {
  const container = globalThis.navigator?.serviceWorker;
  if (container === undefined) {
    return () => {};
  }
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let askedAt = -Infinity;
  const ask = () => {
    timer = undefined;
    if (plan(client.status, { isUrgent: true, sinceAsked: 0 }) !== null) {
      askedAt = performance.now();
      void container.ready.then((registration) => request(registration, tag)).catch(() => {});
    }
  };
  const consider = (/** @type {boolean} */ isUrgent) => {
    const wait = plan(client.status, { isUrgent, sinceAsked: performance.now() - askedAt });
    if (wait === null || wait === 0) {
      clearTimeout(timer);
      timer = undefined;
    }
    if (wait === 0) {
      ask();
    } else if (wait !== null) {
      timer ??= setTimeout(ask, wait);
    }
  };
  const handle = () => consider(true);
  // `visibilitychange` bubbles from the document to the window.
  EVENTS.forEach((type) => addEventListener(type, handle));
  const unsubscribe = client.subscribe(() => consider(false));
  if (periodicMinutes !== undefined) {
    void container.ready.then((registration) => registerPeriodic(registration, tag, periodicMinutes)).catch(() => {});
  }
  return () => {
    clearTimeout(timer);
    unsubscribe();
    EVENTS.forEach((type) => removeEventListener(type, handle));
  };
}

/**
 * @param {Registration} registration
 * @param {string} tag
 */
async function request({ sync, active }, tag) {
  if (sync !== undefined) {
    try {
      return await sync.register(tag);
    } catch {
      // The user forbade it, as in a private window: the message is left.
    }
  }
  if (navigator.onLine) {
    active?.postMessage({ type: MESSAGE, tag });
  }
}

/**
 * Fails where the browser has none, or grants none: only apps that are installed and used get it.
 * @param {Registration} registration
 * @param {string} tag
 * @param {number} minutes
 */
async function registerPeriodic({ periodicSync }, tag, minutes) {
  await periodicSync?.register(tag, { minInterval: minutes * 60_000 });
}
