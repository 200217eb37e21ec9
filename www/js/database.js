// @ts-check
/**
 * Opens a database of the demo or the extension: local only, or for the account of a session.
 * Does not say when to sync; the package does.
 */
import { destroy, open } from "../../pkg/index.js";
import { DEMO, collections } from "./model.js";
import { leaveSession } from "./session-mirror.js";
import { localSession, tokenSource } from "./session.js";

/** @typedef {import("./model.js").Client} Client */
/** @typedef {import("./model.js").CollectionName} CollectionName */
/** @typedef {import("./session.js").Session} Session */

/**
 * What a database is opened with.
 * @param {string} name
 * @param {readonly CollectionName[]} names
 * @param {Session | null} session
 * @param {() => Promise<string | null>} token
 */
export function optionsFor(name, names, session, token) {
  const account = session && { account: session.email, token, backend: /** @type {const} */ ({ kind: "syncline", url: session.url }) };
  return { name, collections: collections(names), ...account };
}

/**
 * One database of the demo with its session. Two names are two devices, also in one browser.
 * @param {string} name
 */
export function database(name) {
  const local = localSession(`syncline:session:${name}`);
  const store = {
    read: local.read,
    /** @param {Session | null} session */
    write(session) {
      local.write(session);
      leaveSession(name, session).catch(() => {});
    },
  };
  return databaseOf({ name, store, token: tokenSource(store, name), names: DEMO, isOptIn: false });
}

/**
 * A database and where its session is kept.
 * @param {object} of
 * @param {string} of.name
 * @param {{ read: () => Session | null, write: (session: Session | null) => void | Promise<void> }} of.store
 * @param {() => Promise<string | null>} of.token
 * @param {readonly CollectionName[]} of.names Of its collections.
 * @param {boolean} of.isOptIn Whether signing in syncs nothing but what the user chose. Else it is how a user opts in to everything.
 */
export function databaseOf({ name, store, token, names, isOptIn }) {
  return {
    name,
    names,
    isOptIn,
    session: store.read,
    /**
     * Opens it for the stored session, where there is one.
     * @returns {Promise<Client>}
     */
    open() {
      return open(optionsFor(name, names, store.read(), token));
    },
    /**
     * Opens it for a new session and turns sync on.
     * @param {Session} session
     * @param {readonly CollectionName[]} chosen What the user wants synced.
     * @returns {Promise<Client>}
     */
    async signIn(session, chosen = []) {
      const before = store.read();
      await store.write(session);
      try {
        const client = await this.open();
        const wanted = isOptIn ? chosen : names;
        // Of none, `enable` would make all.
        if (wanted.length > 0) await client.enable(...wanted);
        return client;
      } catch (error) {
        await store.write(before);
        throw error;
      }
    },
    /** Forgets the session. What is on the device stays. */
    async signOut() {
      await store.write(null);
    },
    /** Forgets the session and everything on the device. */
    async erase() {
      await store.write(null);
      await destroy(name);
    },
  };
}

/** @typedef {ReturnType<typeof databaseOf>} Database */
