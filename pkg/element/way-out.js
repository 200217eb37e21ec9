// @ts-check
/**
 * Decides what a user can do about where sync stands. Pure: shows nothing and does nothing.
 */

/** @typedef {import("../index.js").Status} Status */
/** @typedef {import("../index.js").ErrorCode} ErrorCode */
/**
 * What a user may be offered. `sync`, `retry`, `confirm-deletions` and `reload` the element does by itself, `inspect` where it
 * knows an inspector; the others are the app's.
 * @typedef {"sync" | "retry" | "confirm-deletions" | "reload" | "inspect" | "sign-in" | "enable" | "free-space" | "plan" | "unlock"} Action
 */
/** @typedef {{ readonly problem: string | null, readonly action: Action | null }} WayOut `problem` is the key of a message. */

/** What each error means to a user, and what gets out of it. @type {Record<ErrorCode, readonly [problem: string, action: Action | null]>} */
const BY_CODE = {
  "offline": ["unreachable", null],
  "network": ["unreachable", "retry"],
  "timeout": ["unreachable", "retry"],
  "server": ["server", "retry"],
  "protocol": ["answer", "retry"],
  "aborted": ["other", "retry"],
  // Trying at once is what the server asked not to do.
  "rate-limited": ["busy", null],
  "unauthorized": ["signed-out", "sign-in"],
  "forbidden": ["forbidden", "sign-in"],
  "account-mismatch": ["account", "sign-in"],
  "not-entitled": ["plan", "plan"],
  "quota-exceeded": ["full", "free-space"],
  "storage-unavailable": ["storage", "reload"],
  "storage-corrupt": ["damaged", "retry"],
  "wrong-key": ["key", "unlock"],
  "newer-database": ["update", "reload"],
  "upgrade-required": ["update", "reload"],
  "closed": ["closed", "reload"],
  "conflict-limit": ["conflicts", "retry"],
  "mass-deletion": ["deletions", "confirm-deletions"],
  "pending-changes": ["other", "inspect"],
  "invalid-argument": ["app", "inspect"],
  "invalid-document": ["app", "inspect"],
  "not-found": ["app", "inspect"],
};

/**
 * What is wrong, and the one thing to do about it. An error comes before what waits for the user, that before what is well.
 * @param {Pick<Status, "state" | "error" | "parked" | "conflicts">} status
 * @returns {WayOut}
 */
export function wayOut({ state, error, parked, conflicts }) {
  if (error && state !== "syncing") {
    // A code of a later version than this element is an error all the same.
    const [problem, action] = BY_CODE[error.code] ?? ["other", "retry"];
    return { problem: `problem.${problem}`, action };
  }
  if (state === "signed-out") return { problem: "problem.signed-out", action: "sign-in" };
  if (conflicts > 0) return { problem: "fact.conflicts", action: "inspect" };
  if (parked > 0) return { problem: "fact.parked", action: "inspect" };
  return { problem: null, action: state === "disabled" ? "enable" : null };
}

/**
 * Whether a click on the indicator can be a sync: there is somebody to sync with.
 * @param {Status["state"]} state
 */
export function canSync(state) {
  return state !== "disabled" && state !== "signed-out";
}
