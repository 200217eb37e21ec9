// @ts-check
/** Storage and metrics in the inspector. Measures nothing. */
import { fill, h } from "./dom.js";
import { section } from "./section.js";

/** @typedef {import("../index.js").Metrics} Metrics */
/** @typedef {Awaited<ReturnType<import("./base.js").Client["storage"]>>} Storage */

/** @param {import("./words.js").Words} words */
export function numbersSection(words) {
  const list = h("dl", { part: "list" });
  const { element } = section(words, "numbers", list);
  const time = (/** @type {{ p50: number, p95: number }} */ { p50, p95 }) => words.say("numbers.percentiles", { p50: words.duration(p50), p95: words.duration(p95) });
  return {
    element,
    /**
     * @param {Storage} storage
     * @param {Metrics} metrics
     */
    render({ usage, quota, persistent, records }, { syncs, failures, pushed, pulled, conflicts, resolvedAutomatically, bytesSent, bytesReceived, syncMs, commitMs }) {
      /** @type {[name: string, value: string][]} */
      const lines = [
        ["usage", words.say("numbers.usage-of", { usage: words.bytes(usage), quota: words.bytes(quota) })],
        ["persistent", words.say(`numbers.persistent-${persistent ? "yes" : "no"}`)],
        ["records", words.number(records)],
        ["syncs", words.say("numbers.syncs-failed", { count: syncs, failed: failures })],
        ["moved", words.say("numbers.moved-of", { pushed, pulled })],
        ["bytes", words.say("numbers.bytes-of", { sent: words.bytes(bytesSent), received: words.bytes(bytesReceived) })],
        ["conflicts", words.say("numbers.conflicts-of", { count: conflicts, resolved: resolvedAutomatically })],
        ["sync-time", time(syncMs)],
        ["commit-time", time(commitMs)],
      ];
      fill(list, ...lines.map(([name, value]) => h("div", { "data-number": name }, h("dt", {}, words.say(`numbers.${name}`)), h("dd", {}, value))));
    },
  };
}
