// @ts-check
/**
 * Starts the new tab: its views over the extension's database, which it opens itself. It is there before the background is awake,
 * and while that rests it hears of other devices at once. The popup and the content script ask the background instead.
 */
import { startApp } from "../js/app.js";
import { settingsView } from "../js/views/settings.js";
import { pageDatabase } from "./database.js";
import { focusHistory } from "./focus-history.js";
import { homeView } from "./home.js";
import { waiting } from "./waiting.js";

startApp({
  data: await pageDatabase(),
  views: { home: homeView, focus: focusHistory, settings: settingsView },
  opened: leaveTheRest,
  server: "http://localhost:8787",
});

/**
 * Makes the background look within half a minute while anything waits: this page may be gone before it has sent it.
 * @param {import("../js/model.js").Client} client
 */
function leaveTheRest(client) {
  let isArmed = false;
  return client.subscribe((status) => {
    const isWaiting = waiting(status) > 0;
    if (isWaiting && !isArmed) void hasten();
    isArmed = isWaiting;
  });
}

/** Brings the background's alarm forward. An alarm outlives the page; a message sent as it goes does not arrive. */
async function hasten() {
  const at = Date.now() + 30_000;
  const alarm = await chrome.alarms.get("syncline");
  if (!alarm || alarm.scheduledTime > at) await chrome.alarms.create("syncline", { when: at });
}
