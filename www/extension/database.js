// @ts-check
/**
 * The extension's database: what it is opened with, in the background and in its pages alike, and where the session is kept.
 * Does not say when to sync.
 */
import { databaseOf, optionsFor } from "../js/database.js";
import { EXTENSION } from "../js/model.js";
import { tokenSource } from "../js/session.js";

/** @typedef {import("../js/model.js").Client} Client */
/** @typedef {import("../js/session.js").Session} Session */

const NAME = "syncline-extension";
const FIELDS = /** @type {const} */ (["url", "email", "token", "refresh", "expires"]);

/** The session, in the extension's own storage, where its pages and its background find it. */
const session = {
  /** @returns {Promise<Session | null>} */
  async read() {
    const kept = /** @type {Partial<Session>} */ (await chrome.storage.local.get([...FIELDS]));
    return kept.url ? /** @type {Session} */ (kept) : null;
  },
  /** @param {Session | null} next */
  async write(next) {
    await (next ? chrome.storage.local.set(next) : chrome.storage.local.remove([...FIELDS]));
  },
};

// Asks the storage each time: another page may have refreshed the token a moment ago.
const token = tokenSource(session, NAME);

/** What the background opens: the database with the account that is signed in, if there is one. */
export async function options() {
  return optionsFor(NAME, EXTENSION, await session.read(), token);
}

/**
 * Whether somebody else is signed in than before, or nobody, by what changed in the storage. A refreshed token is the same session.
 * @param {{ [key: string]: chrome.storage.StorageChange }} changes
 */
export function isOtherSession(changes) {
  return "email" in changes || "url" in changes;
}

/** The database for the new tab, once the session is read. Signing in syncs nothing but what the user chose. */
export async function pageDatabase() {
  let kept = await session.read();
  chrome.storage.local.onChanged.addListener(() => void session.read().then((next) => { kept = next; }));
  const store = {
    read: () => kept,
    /** @param {Session | null} next */
    async write(next) {
      kept = next;
      await session.write(next);
    },
  };
  return databaseOf({ name: NAME, store, token, names: EXTENSION, isOptIn: true });
}
