// @ts-check
/**
 * What the badge says: how many changes wait to be sent, of what the user syncs. What stays on this device waits for nothing.
 * Pure.
 */

const COLOR = "#0b6b60";
const MOST = 999;

/** @param {import("../../pkg/index.js").Status} status */
export function badgeOf({ collections }) {
  const waiting = Object.values(collections).reduce((sum, { enabled, pending }) => sum + (enabled ? pending : 0), 0);
  return { text: waiting === 0 ? "" : waiting > MOST ? `${MOST}+` : String(waiting), color: COLOR };
}
