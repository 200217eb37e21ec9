// @ts-check
/**
 * The extension's database, opened in two ways: to read and write in a page, and to sync in the background.
 * Does not say when to sync.
 */
import { destroy, open } from "../../pkg/index.js";
import { COLLECTIONS } from "../js/model.js";
import { tokenSource } from "../js/session.js";

/** @typedef {import("../js/model.js").Todo} Todo */
/** @typedef {import("../../pkg/index.js").Syncline<{ todos: Todo }>} Client */
/** @typedef {import("../js/session.js").Session} Session */

const NAME = "syncline-extension";
const OPTIONS = { name: NAME, collections: { todos: COLLECTIONS.todos } };
const FIELDS = /** @type {const} */ (["url", "email", "token", "refresh", "expires"]);

/** The session, in the extension's own storage, where its pages and its background find it. */
export const session = {
  /** @returns {Promise<Session | null>} */
  async read() {
    const kept = /** @type {Partial<Session>} */ (await chrome.storage.local.get([...FIELDS]));
    return kept.url && kept.token ? /** @type {Session} */ (kept) : null;
  },
  /** @param {Session | null} next */
  async write(next) {
    await (next ? chrome.storage.local.set(next) : chrome.storage.local.remove([...FIELDS]));
  },
};

const token = tokenSource(session, NAME);

/**
 * For a page: without a backend, so that a page that closes never leaves a sync half done.
 * @returns {Promise<Client>}
 */
export function openForPage() {
  return open(OPTIONS);
}

/**
 * For the background: with the account's backend, and sync on.
 * @param {Session} kept
 * @returns {Promise<Client>}
 */
export async function openForSync(kept) {
  // The live channel would keep a service worker from ever resting; an alarm and the pages' word wake it instead.
  const client = await open({ ...OPTIONS, account: kept.email, token, backend: { kind: "syncline", url: kept.url }, schedule: { live: false } });
  await client.enable();
  return client;
}

/** Forgets the session and the todos on this device. */
export async function erase() {
  await session.write(null);
  await destroy(NAME);
}
