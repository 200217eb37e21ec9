// @ts-check
/**
 * The log of a device: what its client says, in words, newest first.
 * Changes nothing.
 */
import { h } from "../js/dom.js";
import { NAMES } from "../js/model.js";
import { sentence } from "../js/problem.js";
import { reportText } from "../js/views/settings-sync.js";

/** @typedef {import("../js/model.js").Client} Client */

/** Entries kept; what is older falls off. */
const KEPT = 200;

/**
 * Writes a client's events into a list.
 * @param {Client} client
 * @param {HTMLElement} list
 */
export function logEvents(client, list) {
  let state = "";
  client.addEventListener("status", ({ detail }) => {
    if (detail.state !== state) log("status", detail.error ? `${detail.state}: ${detail.error.message}` : detail.state);
    state = detail.state;
  });
  client.addEventListener("change", ({ detail: { collection, ids, origin } }) => {
    const records = ids.length === 1 ? "1 record" : `${ids.length.toLocaleString("en")} records`;
    log("change", `${records} of ${NAMES[collection]}, ${{ local: "from here", context: "from another tab", remote: "from the server" }[origin]}`);
  });
  client.addEventListener("conflict", ({ detail }) => {
    const { title } = /** @type {{ title?: string }} */ (detail.local ?? detail.remote ?? {});
    log("conflict", `${title ? `“${title}”` : detail.record}: ${{ local: "the edit made here stays", remote: "the other edit stays", merged: "both edits merged", parked: "left for you to decide" }[detail.resolvedAs]}`);
  });
  client.addEventListener("parked", ({ detail }) => log("parked", `${detail.code}: ${detail.message}`));
  client.addEventListener("sync", ({ detail }) => log("sync", reportText(detail)));
  client.addEventListener("error", ({ detail }) => log("error", sentence(detail)));

  /**
   * @param {string} kind
   * @param {string} text
   */
  function log(kind, text) {
    const now = new Date();
    const time = `${now.toLocaleTimeString("en-GB")}.${String(now.getMilliseconds()).padStart(3, "0")}`;
    list.prepend(h("li", { "data-kind": kind, "data-testid": "log-entry" }, h("time", { datetime: now.toISOString() }, time), h("b", {}, kind), h("span", {}, text)));
    while (list.childElementCount > KEPT) list.lastElementChild?.remove();
  }

  return log;
}
