// @ts-check
/**
 * The view of settings: account, sync, look, this device and the inspector, each a card.
 * Each card is a file of its own.
 */
import { account } from "./settings-account.js";
import { device } from "./settings-device.js";
import { inspector } from "./settings-inspector.js";
import { preferences } from "./settings-look.js";
import { sync } from "./settings-sync.js";
import { h } from "../dom.js";
import { header } from "./parts.js";

/** @type {import("./parts.js").View} */
export function settingsView(app) {
  const { element: head } = header("Settings");
  const cards = [account(app), sync(app), preferences(app), device(app), inspector(app)];
  return {
    element: h("section", { class: "view", "data-testid": "view-settings" }, head, ...cards.map(({ element }) => element)),
    close: () => cards.forEach(({ close }) => close()),
  };
}
