// @ts-check
// Decides for when an extension's alarm is armed, and when somebody who looks is shown what is too old. Arms none.

/** Milliseconds that Chrome lets lie before an alarm at least (https://developer.chrome.com/docs/extensions/reference/api/alarms#method-create). */
export const SOONEST = 30_000;
/** Alarms are not moved by less, in milliseconds. */
const SLIGHT = 500;

/**
 * What to do with the alarm: the moment to arm it for, null to clear it, undefined to leave it.
 * @param {object} known
 * @param {import("../index.js").Status} known.status
 * @param {number} known.now milliseconds since 1970
 * @param {number | null} known.armed the moment that it is armed for
 * @param {number} known.pollInterval milliseconds
 * @returns {number | null | undefined}
 */
export function decideAlarm({ status, now, armed, pollInterval }) {
  const isArmed = armed !== null && armed > now;
  const at = nextAttempt(status, now + pollInterval, isArmed);
  if (at === null) return isArmed ? null : undefined;
  if (at === undefined) return undefined;
  const soonest = now + SOONEST;
  // Edits follow edits, each of which is due in a moment: the first alarm does for all.
  const isSoon = isArmed && at <= soonest && armed <= soonest;
  const moment = Math.max(at, soonest);
  return isSoon || (isArmed && Math.abs(moment - armed) < SLIGHT) ? undefined : moment;
}

/**
 * When sync is to be tried next; null: not before somebody acts; undefined: as was decided before.
 * @param {import("../index.js").Status} status
 * @param {number} otherwise when to look where the status names no moment
 * @param {boolean} isArmed
 */
function nextAttempt({ state, nextSyncAt, collections }, otherwise, isArmed) {
  if (!Object.values(collections).some(({ enabled }) => enabled)) return null;
  // A worker that is ended in the middle of a sync is woken by the alarm that there is.
  if (state === "syncing" && isArmed) return undefined;
  if (nextSyncAt !== null) return nextSyncAt;
  // Without a connection no moment is named: workers are not told when it is back, and have to look.
  return isArmed ? undefined : otherwise;
}

/**
 * Whether what is here is older than it should be for somebody who looks. What has failed is tried again when it is due,
 * whoever looks: the server may have asked for patience.
 * @param {import("../index.js").Status} status
 * @param {number} since milliseconds since 1970
 */
export function isStale({ state, error, lastSyncedAt }, since) {
  return (state === "synced" || state === "pending") && error === null && lastSyncedAt !== null && lastSyncedAt < since;
}
