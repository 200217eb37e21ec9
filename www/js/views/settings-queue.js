// @ts-check
/**
 * The card of settings that shows what waits to be sent and what the server refused.
 * Sends nothing itself.
 */
import { fill, h, write } from "../dom.js";
import { NAMES } from "../model.js";
import { available, shown } from "../problem.js";
import { card } from "./parts.js";

/** @typedef {import("../../../pkg/index.js").PendingChange} PendingChange */
/** @typedef {import("../../../pkg/index.js").ParkedChange} ParkedChange */

/** How many waiting changes are listed; the rest is a number. */
const LISTED = 5;
/** Milliseconds between two looks at the queue while the status changes often. */
const REST = 300;

const VERBS = { put: "Save", patch: "Change", delete: "Delete" };

/** @param {import("./parts.js").App} app */
export function queue({ client }) {
  const count = h("b", { "data-testid": "pending-count" }, "0");
  const waiting = h("ul", { class: "rows", "data-testid": "pending-list" });
  const refused = h("div", { "data-testid": "parked" });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let key = "";

  async function look() {
    timer = undefined;
    const pending = await available(client.pending());
    const parked = await available(client.parked());
    const changes = "value" in pending ? pending.value : [];
    fill(waiting, ...changes.slice(0, LISTED).map(pendingRow),
      changes.length > LISTED && h("li", { class: "row note" }, `and ${(changes.length - LISTED).toLocaleString("en")} more`));
    if ("value" in parked) fill(refused, ...parkedRows(parked.value));
    else fill(refused, h("p", { class: "note" }, "Refused changes are not part of this version."));
  }

  /** @param {readonly ParkedChange[]} parked */
  function parkedRows(parked) {
    if (parked.length === 0) return [];
    const settle = (/** @type {Promise<void>} */ done) => void shown(done).then(look);
    return [h("h3", {}, "Refused by the server"), h("ul", { class: "rows", "data-testid": "parked-list" }, ...parked.map((change) =>
      h("li", { class: "row setting", "data-testid": "parked-change", "data-id": change.id },
        h("span", {}, `${VERBS[change.op]} ${titleOf(change)}`, h("span", { class: "note" }, ` ${change.message}`)),
        h("button", { type: "button", class: "button small", "data-testid": "parked-requeue", onclick: () => settle(client.requeue(change.id)) }, "Try again"),
        h("button", { type: "button", class: "button small", "data-testid": "parked-discard", onclick: () => settle(client.discard(change.id)) }, "Discard"))))];
  }

  const stop = client.subscribe((status) => {
    write(count, status.pending.toLocaleString("en"));
    const next = `${status.pending} ${status.parked} ${status.state}`;
    if (next === key) return;
    key = next;
    timer ??= setTimeout(look, REST);
  });
  return {
    element: card("Waiting", h("p", {}, count, " changes on this device have not been sent yet. They are safe: closing the page loses none."), waiting, refused),
    close: () => {
      stop();
      clearTimeout(timer);
    },
  };
}

/** @param {PendingChange} change */
function pendingRow(change) {
  return h("li", { class: "row setting" },
    h("span", {}, `${VERBS[change.op]} ${titleOf(change)}`),
    h("span", { class: "note" }, change.lastError ?? (change.state === "in-flight" ? "being sent" : new Date(change.queuedAt).toLocaleTimeString())));
}

/**
 * What a change is about: its title where it carries one.
 * @param {import("../../../pkg/index.js").Change} change
 */
function titleOf(change) {
  const data = /** @type {{ title?: string, name?: string } | null} */ (change.data ?? null);
  const name = NAMES[/** @type {keyof typeof NAMES} */ (change.collection)] ?? change.collection;
  return data?.title ?? data?.name ? `“${data.title ?? data.name}” in ${name}` : `a record in ${name}`;
}
