// @ts-check
/**
 * How many changes wait to be sent, of what the user syncs, and how the badge says so. What stays on this device waits for nothing.
 * Pure.
 */

/** @typedef {import("../../pkg/index.js").Status} Status */

const COLOR = "#0b6b60";
const MOST = 999;

/** @param {Status} status */
export function waiting({ collections }) {
  return Object.values(collections).reduce((sum, { enabled, pending }) => sum + (enabled ? pending : 0), 0);
}

/** @param {Status} status */
export function badgeOf(status) {
  const count = waiting(status);
  return { text: count === 0 ? "" : count > MOST ? `${MOST}+` : String(count), color: COLOR };
}
