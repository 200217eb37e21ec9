// @ts-check
/**
 * The account that the devices of a lab share: made by the first that needs it, with a password nobody has to know.
 * Keeps no session; each device has its own.
 */
import { authenticate } from "../js/session.js";

/** @param {string} lab */
const keyOf = (lab) => `syncline:lab:${lab}`;

/**
 * Signs a device in.
 * @param {string} lab The name of the lab, of which a browser may have several.
 */
export function labSession(lab) {
  // Both devices start at once: one makes the account while the other waits.
  return navigator.locks.request(keyOf(lab), async () => {
    const kept = localStorage.getItem(keyOf(lab));
    if (kept) {
      const { email, password } = JSON.parse(kept);
      return authenticate(location.origin, "login", email, password);
    }
    const email = `lab-${crypto.randomUUID()}@example.org`;
    const password = crypto.randomUUID();
    const session = await authenticate(location.origin, "register", email, password);
    localStorage.setItem(keyOf(lab), JSON.stringify({ email, password }));
    return session;
  });
}

/**
 * Makes the next device of the lab start with another account.
 * @param {string} lab
 */
export function forgetLabAccount(lab) {
  localStorage.removeItem(keyOf(lab));
}
