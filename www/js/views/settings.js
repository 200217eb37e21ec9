// @ts-check
/**
 * The view of settings: account, sync, what waits, look, data and this device, each a card.
 * Each card is a file of its own.
 */
import { account } from "./settings-account.js";
import { device } from "./settings-device.js";
import { preferences } from "./settings-look.js";
import { queue } from "./settings-queue.js";
import { sync } from "./settings-sync.js";
import { h } from "../dom.js";
import { header } from "./parts.js";

/** @type {import("./parts.js").View} */
export function settingsView(app) {
  const { element: head } = header("Settings");
  const cards = [account(app), sync(app), queue(app), preferences(app), device(app)];
  return {
    element: h("section", { class: "view", "data-testid": "view-settings" }, head, ...cards.map(({ element }) => element)),
    close: () => cards.forEach(({ close }) => close()),
  };
}
