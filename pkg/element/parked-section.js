// @ts-check
/** Refused changes in the inspector: each can be edited and sent again, sent again as it is, or discarded. Sends nothing itself. */
import { h, keyed } from "./dom.js";
import { about, button, discardButton, jsonEditor, section } from "./section.js";

/** @typedef {import("../index.js").ParkedChange} ParkedChange */

/**
 * @param {import("./words.js").Words} words
 * @param {import("./section.js").Act} act
 */
export function parkedSection(words, act) {
  const list = h("ul", { class: "rows" });
  const { element, count } = section(words, "parked", list);
  const show = keyed(list, (/** @type {ParkedChange} */ change) => {
    const requeue = button(words.say("parked.requeue"), "requeue", () => void act((client) => client.requeue(change.id)));
    const discard = discardButton(words, () => void act((client) => client.discard(change.id)));
    const edit = button(words.say("edit"), "edit", open);
    const actions = h("div", { class: "actions" }, change.op !== "delete" && edit, requeue, discard);
    const row = h("li", { "data-change": change.id, "data-record": change.record },
      h("div", { class: "line" }, h("span", { class: "tag" }, words.say(`op.${change.op}`)), about(change, change.data), h("span", { class: "muted" }, words.moment(change.parkedAt, Date.now()))),
      h("p", { class: "wrong" }, words.say("parked.reason", { message: change.message, code: change.code })),
      actions);

    function open() {
      const editor = jsonEditor(words, change.data ?? {}, words.say("edit.send"), (doc) => act((client) => client.requeue(change.id, doc)), () => {
        editor.element.replaceWith(actions);
        edit.focus();
      });
      actions.replaceWith(editor.element);
      editor.focus();
    }

    // A refused change is what it is until it is gone.
    return { element: row, update: () => {} };
  });
  return {
    element,
    /** @param {readonly ParkedChange[]} changes */
    render(changes) {
      count(changes.length);
      show(changes);
    },
  };
}
