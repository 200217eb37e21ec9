// @ts-check
/**
 * Opens the demo's database: local only, or for the account of a session.
 * Does not say when to sync; the package does.
 */
import { destroy, open } from "../../pkg/index.js";
import { COLLECTIONS } from "./model.js";
import { leaveSession } from "./session-mirror.js";
import { localSession, tokenSource } from "./session.js";

/** @typedef {import("./model.js").Client} Client */
/** @typedef {import("./session.js").Session} Session */

/**
 * One database with its session. Two names are two devices, also in one browser.
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
  const token = tokenSource(store, name);
  return {
    name,
    session: store.read,
    /**
     * Opens it for the stored session, where there is one.
     * @returns {Promise<Client>}
     */
    open() {
      const session = store.read();
      const account = session && { account: session.email, token, backend: /** @type {const} */ ({ kind: "syncline", url: session.url }) };
      return open({ name, collections: COLLECTIONS, ...account });
    },
    /**
     * Opens it for a new session and turns sync on: signing in is how a user of the demo opts in.
     * @param {Session} session
     * @returns {Promise<Client>}
     */
    async signIn(session) {
      const before = store.read();
      store.write(session);
      try {
        const client = await this.open();
        await client.enable();
        return client;
      } catch (error) {
        store.write(before);
        throw error;
      }
    },
    /** Forgets the session. What is on the device stays. */
    signOut() {
      store.write(null);
    },
    /** Forgets the session and everything on the device. */
    async erase() {
      store.write(null);
      await destroy(name);
    },
  };
}

/** @typedef {ReturnType<typeof database>} Database */
