// @ts-check
/**
 * Starts the new tab: its views over the extension's database, which it opens itself. It is there before the background is awake,
 * and while it is open it hears of other devices at once. The popup and the content script ask the background instead.
 */
import { startApp } from "../js/app.js";
import { settingsView } from "../js/views/settings.js";
import { pageDatabase } from "./database.js";
import { focusHistory } from "./focus-history.js";
import { homeView } from "./home.js";

startApp({
  data: await pageDatabase(),
  views: { home: homeView, focus: focusHistory, settings: settingsView },
  opened: leaveTheRest,
  server: "http://localhost:8787",
});

/**
 * What the page has not sent when it goes, the background sends at once rather than at its next alarm.
 * @param {import("../js/model.js").Client} client
 */
function leaveTheRest(client) {
  const leave = () => {
    const { state } = client.status;
    if (state === "pending" || state === "syncing") void chrome.runtime.sendMessage({ syncline: "syncline" }).catch(() => {});
  };
  addEventListener("pagehide", leave);
  return () => removeEventListener("pagehide", leave);
}
