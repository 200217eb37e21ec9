// @ts-check
/**
 * The card that offers sync while it is off: what may be synced, each chosen by the user. Until then nothing leaves the device.
 * Signing in is the app's to do.
 */
import { h } from "../js/dom.js";
import { NAMES } from "../js/model.js";
import { shown } from "../js/problem.js";

const LATER = "opt-in-later";

/**
 * @param {import("../js/views/parts.js").App} app
 * @returns {import("../js/views/parts.js").Mounted}
 */
export function optIn({ client, database, askSignIn }) {
  const choices = database.names.map((name) => {
    const input = h("input", { type: "checkbox", role: "switch", class: "switch", "data-testid": `opt-in-${name}`, onchange: look });
    return { name, input, element: h("label", { class: "row setting" }, h("span", {}, NAMES[name]), input) };
  });
  const on = h("button", { type: "button", class: "button primary", "data-testid": "opt-in-on", onclick: turnOn }, "Turn on sync");
  const later = h("button", { type: "button", class: "button plain", "data-testid": "opt-in-later", onclick: putOff }, "Not now");
  const element = h("section", { class: "card opt-in", hidden: true, "aria-labelledby": "opt-in-title", "data-testid": "opt-in" },
    h("div", { class: "stack" },
      h("h2", { id: "opt-in-title" }, "Sync is off"),
      h("p", {}, "What you do here is saved on this device, and nothing leaves it. Choose what to sync with your other devices. You can change your mind at any time in the settings."),
      h("div", { class: "actions" }, on, later)),
    h("div", { class: "rows" }, ...choices.map((choice) => choice.element)));
  let isPutOff = true;
  let isOff = false;

  const chosen = () => choices.filter(({ input }) => input.checked).map(({ name }) => name);

  function look() {
    on.disabled = chosen().length === 0;
    element.hidden = !isOff || isPutOff;
  }

  function turnOn() {
    // Whoever is signed in already needs no account.
    if (database.session()?.token) void shown(client.enable(...chosen()));
    else askSignIn(chosen());
  }

  function putOff() {
    isPutOff = true;
    look();
    void chrome.storage.local.set({ [LATER]: true });
  }

  const close = client.subscribe(({ state }) => {
    isOff = state === "disabled";
    look();
  });
  void chrome.storage.local.get(LATER).then((kept) => {
    isPutOff = Boolean(kept[LATER]);
    look();
  });
  return { element, close };
}
