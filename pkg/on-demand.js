// @ts-check
// A database in a service worker, which the browser ends at any moment: open only while something is done with it, drained
// within a budget. Listens to no events.

import { open } from "./index.js";

/** @typedef {import("./index.js").Syncline<any>} Client */
/** @typedef {import("./index.js").Options<any>} Options */
/** @typedef {Options | (() => Options | null | Promise<Options | null>)} Source Null: there is nobody to sync for. */
/** @typedef {{ status: import("./index.js").Status, report: import("./index.js").SyncReport | null, error: unknown }} Drained */

export class OnDemand {
  #source;
  #users = 0;
  /** @type {Promise<Client | null> | null} */
  #opened = null;
  /** @type {Promise<Drained | null> | null} */
  #draining = null;

  /** @param {Source} source */
  constructor(source) {
    this.#source = source;
  }

  /** What the database is opened with. */
  async options() {
    return typeof this.#source === "function" ? this.#source() : this.#source;
  }

  /**
   * Runs a function with the database, which is open as long as anybody uses it. Null: there is nobody to open it for.
   * @template T
   * @param {(client: Client) => T | Promise<T>} work
   * @returns {Promise<T | null>}
   */
  async use(work) {
    this.#users += 1;
    const opened = (this.#opened ??= this.#open());
    try {
      const client = await opened;
      return client === null ? null : await work(client);
    } finally {
      this.#users -= 1;
      if (this.#users === 0) {
        this.#opened = null;
        await (await opened.catch(() => null))?.close();
      }
    }
  }

  /**
   * Syncs for so many milliseconds at most, and says how everything stands then. Null: there is nobody to sync for. Who asks
   * meanwhile is answered with the same.
   * @param {number} budgetMs
   */
  drain(budgetMs) {
    const draining = (this.#draining ??= this.use((client) => drained(client, budgetMs)).finally(() => {
      this.#draining = null;
    }));
    return draining;
  }

  async #open() {
    const options = await this.options();
    // A live channel would keep the context from ever resting.
    return options && open({ ...options, schedule: { ...options.schedule, live: false } });
  }
}

/**
 * @param {Client} client
 * @param {number} budgetMs
 * @returns {Promise<Drained>}
 */
async function drained(client, budgetMs) {
  try {
    const report = await client.sync({ budgetMs });
    return { status: client.status, report, error: null };
  } catch (error) {
    return { status: client.status, report: null, error };
  }
}

/**
 * Whether it is worth trying again soon: changes wait that only time or a connection is wanting for.
 * @param {Drained | null} result
 */
export function isUnfinished(result) {
  if (result === null) {
    return false;
  }
  const { status, error } = result;
  if (error !== null) {
    return /** @type {{ retryable?: boolean }} */ (error).retryable === true;
  }
  return Object.values(status.collections).some(({ enabled, pending }) => enabled && pending > 0);
}
