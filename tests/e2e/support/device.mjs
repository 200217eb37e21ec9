// @ts-check
// A device: a profile of the browser with a page that has the package open. Passes on what tests ask; checks nothing.

import { until } from "./until.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContext} Profile */
/** @typedef {{ name: string, code: string, message: string, retryable: boolean, details?: any, isSynclineError: boolean }} Failure */

/** What devices are opened with where a test says nothing else. */
const OPTIONS = {
  name: "e2e",
  collections: { todos: { conflict: "merge", indexes: ["done"] }, notes: {} },
  // Retries within a test's time; polls so seldom that a test which waits for one has to say so.
  schedule: { pollInterval: 600_000, backoff: { base: 100, max: 400 } },
};

export class Device {
  /**
   * @param {Profile} profile
   * @param {Page} page
   * @param {any} options
   */
  constructor(profile, page, options) {
    this.profile = profile;
    this.page = page;
    this.options = options;
  }

  /**
   * Opens the package in a new page of a profile. `options` are those of `open`, with `url` and `tokens` for its backend.
   * @param {Profile} profile
   * @param {string} site
   * @param {any} options
   */
  static async open(profile, site, options) {
    const page = await profile.newPage();
    const device = new Device(profile, page, { ...OPTIONS, ...options });
    await page.goto(`${site}/page.html`);
    await device.start();
    return device;
  }

  /** Opens the package in the page, once it has loaded. */
  async start() {
    await this.page.waitForFunction("window.isReady");
    await this.page.evaluate((options) => /** @type {any} */ (window).start(options), this.options);
  }

  /** Loads the page anew and opens the package again. */
  async reload() {
    await this.page.reload();
    await this.start();
  }

  /**
   * Runs a function in the page. It gets the open database and the argument, and sees nothing else of the test.
   * @template T, A
   * @param {(db: any, arg: A) => T | Promise<T>} ask
   * @param {A} [arg]
   * @returns {Promise<T>}
   */
  run(ask, arg) {
    return this.page.evaluate(([text, arg]) => /** @type {any} */ (window).run(text, arg), [String(ask), arg]);
  }

  /**
   * Runs a function that must reject or throw, and gives what it did with.
   * @template A
   * @param {(db: any, arg: A) => unknown} ask
   * @param {A} [arg]
   * @returns {Promise<Failure>}
   */
  failure(ask, arg) {
    return this.page.evaluate(([text, arg]) => /** @type {any} */ (window).failureOf(text, arg), [String(ask), arg]);
  }

  /** @param {boolean} isOnline */
  async setOnline(isOnline) {
    await this.profile.setOffline(!isOnline);
  }

  /** @returns {Promise<import("../../../pkg/index.js").Status>} */
  status() {
    return this.run((db) => db.status);
  }

  /** @returns {Promise<readonly import("../../../pkg/index.js").PendingChange[]>} */
  pending() {
    return this.run((db) => db.pending());
  }

  /**
   * @param {string} collection
   * @param {object} doc
   */
  put(collection, doc) {
    return this.run((db, [collection, doc]) => db.collection(collection).put(doc), /** @type {const} */ ([collection, doc]));
  }

  /**
   * @param {string} collection
   * @param {string} id
   * @param {object} patch
   */
  update(collection, id, patch) {
    return this.run((db, [collection, id, patch]) => db.collection(collection).update(id, patch), /** @type {const} */ ([collection, id, patch]));
  }

  /**
   * @param {string} collection
   * @param {string} id
   * @returns {Promise<any>}
   */
  get(collection, id) {
    // JSON has no undefined; null says that there is none.
    return this.run(async (db, [collection, id]) => (await db.collection(collection).get(id)) ?? null, /** @type {const} */ ([collection, id]));
  }

  /**
   * @param {string} collection
   * @param {object} [query]
   * @returns {Promise<any[]>}
   */
  list(collection, query = {}) {
    return this.run((db, [collection, query]) => db.collection(collection).list(query), /** @type {const} */ ([collection, query]));
  }

  /**
   * What events of one kind have said so far.
   * @param {string} kind
   * @returns {Promise<any[]>}
   */
  heard(kind) {
    return this.page.evaluate((kind) => /** @type {any} */ (window).heard[kind], kind);
  }

  /** How often the package has asked for a token. @returns {Promise<number>} */
  tokenCalls() {
    return this.page.evaluate(() => /** @type {any} */ (window).tokenCalls);
  }

  /** Waits until all is synced. */
  async settled() {
    await until("the device is synced", async () => {
      const { state, pending } = await this.status();
      return state === "synced" && pending === 0;
    });
  }

  /** Waits until hints of the server arrive. */
  async live() {
    await until("the live channel is up", async () => (await this.status()).channel === "live");
  }
}
