// @ts-check
/**
 * The card of settings kept in the database itself, so that they follow the user: theme and first day of the week.
 * Applying the theme to the page is `theme.js`.
 */
import { h } from "../dom.js";
import { shown } from "../problem.js";
import { card } from "./parts.js";

/** @typedef {import("../model.js").Setting} Setting */

/** @param {import("./parts.js").App} app */
export function preferences({ client }) {
  const settings = client.collection("settings");
  const theme = choice("Theme", "theme", [["auto", "As the system"], ["light", "Light"], ["dark", "Dark"]], (value) => save({ theme: value }));
  const week = choice("Week starts on", "week-start", [["1", "Monday"], ["0", "Sunday"]], (value) => save({ weekStart: Number(value) }));

  /** @param {Partial<Setting>} patch */
  async function save(patch) {
    const kept = await settings.get("preferences");
    await shown(kept ? settings.update("preferences", patch) : settings.put({ id: "preferences", ...patch }));
  }

  const close = settings.live({ where: { id: "preferences" } }).subscribe(([kept]) => {
    theme.select.value = kept?.theme ?? "auto";
    week.select.value = String(kept?.weekStart ?? 1);
  });
  return { element: card("Preferences", h("p", {}, "These are records too: change them here and your other devices follow."), h("div", { class: "rows" }, theme.element, week.element)), close };
}

/**
 * @param {string} label
 * @param {string} testid
 * @param {[string, string][]} options
 * @param {(value: string) => void} changed
 */
function choice(label, testid, options, changed) {
  const select = h("select", { class: "field", "data-testid": testid, onchange: () => changed(select.value) }, ...options.map(([value, text]) => h("option", { value }, text)));
  return { select, element: h("label", { class: "row setting" }, h("span", {}, label), select) };
}
