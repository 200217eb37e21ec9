// @ts-check
/**
 * The card of settings that syncs: now, and which collections.
 * Does not show what waits in the queue.
 */
import { h, write } from "../dom.js";
import { NAMES } from "../model.js";
import { sentence, shown } from "../problem.js";
import { card } from "./parts.js";

/** @typedef {import("../../../pkg/index.js").SyncReport} SyncReport */

/** @param {import("./parts.js").App} app */
export function sync({ client, database }) {
  const signedIn = Boolean(database.session()?.token);
  const report = h("p", { class: "report", role: "status", "data-testid": "sync-report" }, "");
  const now = h("button", { type: "button", class: "button primary", disabled: !signedIn, "data-testid": "sync-now", onclick: run }, "Sync now");
  const switches = database.names.map((name) => {
    const input = h("input", { type: "checkbox", role: "switch", class: "switch", disabled: !signedIn, "data-testid": `sync-${name}`, onchange: () => turn(name) });
    const pending = h("span", { class: "note", "data-testid": `pending-${name}` });
    return { name, input, pending, calls: 0, element: h("label", { class: "row setting" }, h("span", {}, NAMES[name]), pending, input) };
  });

  async function run() {
    now.disabled = true;
    write(report, "Syncing…");
    try {
      write(report, reportText(await client.sync()));
    } catch (error) {
      write(report, sentence(error));
    }
    now.disabled = false;
  }

  const close = client.subscribe((status) => {
    for (const one of switches) {
      const { name, pending } = one;
      const collection = status.collections[name];
      show(one);
      write(pending, collection?.pending ? `${collection.pending.toLocaleString("en")} waiting` : "");
    }
  });

  /**
   * Shows whether a collection syncs, unless the user has turned it and has no answer yet: the status is of before then.
   * @param {{ name: string, input: HTMLInputElement, calls: number }} one
   */
  function show({ name, input, calls }) {
    if (calls === 0) input.checked = client.status.collections[name]?.enabled ?? false;
  }

  /** @param {import("../model.js").CollectionName} name */
  async function turn(name) {
    const one = switches.find((one) => one.name === name);
    if (one === undefined) return;
    one.calls += 1;
    await shown(one.input.checked ? client.enable(name) : client.disable(name));
    one.calls -= 1;
    show(one);
  }

  return {
    element: card("Sync",
      h("p", {}, signedIn ? "Changes sync by themselves while there is a network. You choose what leaves this device, and can change your mind at any time." : "Sync is off until you sign in."),
      h("div", { class: "rows" }, ...switches.map(({ element }) => element)),
      h("div", { class: "actions" }, now, report)),
    close,
  };
}

/**
 * What a sync did, in a sentence.
 * @param {SyncReport} report
 */
export function reportText(report) {
  const moved = [
    report.pushed > 0 && `${report.pushed.toLocaleString("en")} sent`,
    report.pulled > 0 && `${report.pulled.toLocaleString("en")} received`,
    report.conflicts > 0 && `${report.resolved} of ${report.conflicts} conflicts resolved`,
    report.parked > 0 && `${report.parked} refused`,
  ].filter(Boolean);
  const time = report.durationMs < 1000 ? `${Math.round(report.durationMs)} ms` : `${(report.durationMs / 1000).toFixed(1)} s`;
  return `${moved.length > 0 ? moved.join(", ") : "Everything was up to date"} · ${time}`;
}
