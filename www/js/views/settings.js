// @ts-check
/**
 * The view of settings: account, sync, what waits, look, data and this device, each a card.
 * The cards of sync and of the queue are files of their own.
 */
import { device } from "./settings-device.js";
import { preferences } from "./settings-look.js";
import { queue } from "./settings-queue.js";
import { sync } from "./settings-sync.js";
import { h } from "../dom.js";
import { card, header } from "./parts.js";

/** @type {import("./parts.js").View} */
export function settingsView(app) {
  const { element: head } = header("Settings");
  const cards = [account(app), sync(app), queue(app), preferences(app), device(app)];
  return {
    element: h("section", { class: "view", "data-testid": "view-settings" }, head, ...cards.map(({ element }) => element)),
    close: () => cards.forEach(({ close }) => close()),
  };
}

/** @param {import("./parts.js").App} app */
function account({ database, askSignIn, signOut }) {
  const session = database.session();
  const element = session
    ? card("Account",
      h("p", {}, "Signed in as ", h("b", { "data-testid": "account-email" }, session.email)),
      h("p", {}, "Your data is on this device and on every other one you sign in on."),
      h("div", { class: "actions" }, h("button", { type: "button", class: "button", "data-testid": "sign-out", onclick: signOut }, "Sign out")))
    : card("Account",
      h("p", {}, "Everything is on this device alone. With an account it is on your other devices too; what is here already comes along."),
      h("div", { class: "actions" }, h("button", { type: "button", class: "button primary", "data-testid": "settings-sign-in", onclick: askSignIn }, "Sign in or create an account")));
  return { element, close: () => {} };
}
