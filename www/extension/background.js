// @ts-check
/**
 * The background of the extension, a service worker in Chromium and an event page in Firefox. What syncs, wakes, serves the popup
 * and counts on the badge is the package; added to it are saving selections and the end of a period of focus.
 */
import { background } from "../../pkg/extension.js";
import { isOtherSession, options } from "./database.js";
import { endFocus } from "./focus-end.js";
import { offerSaving } from "./saving.js";
import { badgeOf } from "./waiting.js";

const { client, reopen } = background(options, { badge: badgeOf });

offerSaving(client);
endFocus(client);
chrome.storage.local.onChanged.addListener((changes) => {
  if (isOtherSession(changes)) void reopen();
});
