// @ts-check
/**
 * Leaves what syncing takes of a session where the service worker finds it, who has no localStorage.
 * Leaves no refresh token: that works once, and is the pages'.
 */

/** @typedef {import("./session.js").Session} Session */
/** @typedef {Pick<Session, "url" | "email" | "token" | "expires">} LeftSession */

const CACHE = "syncline-demo-session";

/** @param {string} name */
function keyOf(name) {
  return `/session/${encodeURIComponent(name)}`;
}

/**
 * @param {string} name of the database
 * @param {Session | null} session
 */
export async function leaveSession(name, session) {
  // There is none where there are no service workers either.
  const cache = await globalThis.caches?.open(CACHE);
  if (!session?.token) {
    await cache?.delete(keyOf(name));
    return;
  }
  const { url, email, token, expires } = session;
  await cache?.put(keyOf(name), Response.json({ url, email, token, expires }));
}

/**
 * What was left; null: nobody is signed in, or the token has run out.
 * @param {string} name of the database
 * @returns {Promise<LeftSession | null>}
 */
export async function leftSession(name) {
  const cache = await caches.open(CACHE);
  const found = await cache.match(keyOf(name));
  const session = /** @type {LeftSession | null} */ (await found?.json() ?? null);
  return session !== null && session.expires > Date.now() ? session : null;
}
