// @ts-check
/**
 * An account at a server: signing in, and the token that a client asks for, refreshed when it has run out.
 * Where a session is kept is the caller's to say; nothing here is shown.
 */

/** @typedef {{ url: string, email: string, token: string, refresh: string, expires: number }} Session `expires` in milliseconds since 1970; `token` is empty once the server has ended the session. */
/** @typedef {{ read: () => Session | null | Promise<Session | null>, write: (session: Session | null) => void | Promise<void> }} SessionStore */

/** A token this close to its end, in milliseconds, is refreshed rather than sent. */
const MARGIN = 30_000;

/** Signing in was refused; `code` is a problem code of the protocol. */
export class SessionError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(message);
    this.name = "SessionError";
    this.code = code;
  }
}

/**
 * Creates an account, or logs in to one.
 * @param {string} url The server, without a trailing slash.
 * @param {"register" | "login"} action
 * @param {string} email
 * @param {string} password
 * @returns {Promise<Session>}
 */
export async function authenticate(url, action, email, password) {
  const answer = await post(`${url}/v1/auth/${action}`, { email, password });
  return { url, email, ...answer };
}

/**
 * Makes the `token` callback of a client out of a stored session.
 * @param {SessionStore} store
 * @param {string} name Names the lock under which contexts that share the store take turns: a refresh token works once.
 * @returns {() => Promise<string | null>} Null: signed out.
 */
export function tokenSource(store, name) {
  /** @type {string | undefined} */
  let handed;
  return () => navigator.locks.request(`${name}:session`, async () => {
    const session = await store.read();
    if (!session?.token) return null;
    // Asked twice for the same token means that the server refused it.
    const usable = session.token !== handed && session.expires > Date.now() + MARGIN;
    const current = usable ? session : await refreshed(session, store);
    handed = current?.token;
    return handed ?? null;
  });
}

/**
 * @param {Session} session
 * @param {SessionStore} store
 */
async function refreshed(session, store) {
  try {
    const next = { ...session, ...await post(`${session.url}/v1/auth/refresh`, { refresh: session.refresh }) };
    await store.write(next);
    return next;
  } catch (error) {
    // Only the server's own no ends a session; without an answer it stays, and the next sync asks again.
    if (!(error instanceof SessionError) || error.code !== "unauthorized") throw error;
    await store.write({ ...session, token: "", refresh: "", expires: 0 });
    return null;
  }
}

/**
 * @param {string} url
 * @param {object} body
 * @returns {Promise<{ token: string, refresh: string, expires: number }>}
 */
async function post(url, body) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new SessionError(answer?.code ?? "server", answer?.detail ?? answer?.title ?? `The server answered ${response.status}.`);
  if (typeof answer?.token !== "string") throw new SessionError("protocol", "This address does not answer like a Syncline server.");
  return answer;
}

/**
 * Keeps a session in localStorage.
 * @param {string} key
 */
export function localSession(key) {
  return {
    /** @returns {Session | null} */
    read: () => JSON.parse(localStorage.getItem(key) ?? "null"),
    /** @param {Session | null} session */
    write: (session) => (session ? localStorage.setItem(key, JSON.stringify(session)) : localStorage.removeItem(key)),
  };
}
