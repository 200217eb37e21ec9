// @ts-check
/**
 * The end of a period of focus, for a background: an alarm wakes it, it keeps the record, were no page open, and says so.
 * Starts no period.
 */
import { ALARM, arm, running, settle } from "./timer.js";

/** @typedef {import("../js/model.js").Client} Client */

/**
 * Registers the listeners; to be called at once when the background starts.
 * @param {() => Promise<Client>} client
 */
export function endFocus(client) {
  chrome.alarms.onAlarm.addListener(({ name }) => {
    if (name === ALARM) void end(client);
  });
  // Browsers may forget alarms when they end.
  chrome.runtime.onStartup.addListener(() => void running().then((timer) => timer && arm(timer)));
}

/** @param {() => Promise<Client>} client */
async function end(client) {
  await settle(await client());
  // Also where a page was quicker: it may be out of sight.
  chrome.notifications.create(ALARM, { type: "basic", iconUrl: "icons/icon-128.png", title: "Focus is over", message: "It is in your history. Time for a break." });
}
