// @ts-check
/** The queue in the inspector: what waits to be sent, oldest first. Sends nothing. */
import { h, keyed, write } from "./dom.js";
import { about, discardButton, section } from "./section.js";

/** @typedef {import("../index.js").PendingChange} PendingChange */

/** Changes that are listed; the rest is a number. */
const LISTED = 20;

/**
 * @param {import("./words.js").Words} words
 * @param {import("./section.js").Act} act
 */
export function queueSection(words, act) {
  const list = h("ul", { class: "rows" });
  const more = h("p", { class: "muted" });
  const { element, count } = section(words, "queue", list, more);
  const show = keyed(list, (/** @type {PendingChange} */ first) => {
    const state = h("span", { class: "muted" });
    const error = h("p", { class: "wrong" });
    const discard = discardButton(words, () => void act((client) => client.discard(first.id)));
    const row = h("li", { "data-change": first.id, "data-record": first.record },
      h("div", { class: "line" }, h("span", { class: "tag" }, words.say(`op.${first.op}`)), about(first, first.data), state, discard), error);
    const update = (/** @type {PendingChange} */ { state: where, queuedAt, attempts, lastError }) => {
      const said = where === "in-flight" ? words.say("queue.in-flight") : words.say("queue.queued", { time: words.moment(queuedAt, Date.now()) });
      write(state, attempts > 0 ? `${said} · ${words.say("queue.attempts", { count: attempts })}` : said);
      write(error, lastError ?? "");
      error.hidden = lastError === null;
      // What is on its way may have arrived.
      discard.disabled = where === "in-flight";
    };
    update(first);
    return { element: row, update };
  });
  return {
    element,
    /** @param {readonly PendingChange[]} changes */
    render(changes) {
      count(changes.length);
      show(changes.slice(0, LISTED));
      more.hidden = changes.length <= LISTED;
      write(more, words.say("more", { count: changes.length - LISTED }));
    },
  };
}
