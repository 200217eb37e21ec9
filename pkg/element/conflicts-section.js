// @ts-check
/** Conflicts in the inspector: the three documents side by side, and the choice between them. Decides no difference: `diff.js` does. */
import { differences, likely, merged } from "./diff.js";
import { fill, h, keyed } from "./dom.js";
import { about, button, jsonEditor, section, valueText } from "./section.js";

/** @typedef {import("../index.js").Conflict<any>} Conflict */
/** @typedef {import("./diff.js").Difference} Difference */
/** @typedef {import("./diff.js").Side} Side */
/** @typedef {import("./words.js").Words} Words */
/** @typedef {import("./section.js").Act} Act */

const SIDES = /** @type {const} */ (["local", "remote"]);

/**
 * @param {Words} words
 * @param {Act} act
 */
export function conflictsSection(words, act) {
  const list = h("ul", { class: "rows" });
  const { element, count } = section(words, "conflicts", list);
  const show = keyed(list, (/** @type {Conflict} */ first) => conflictRow(first, words, act));
  return {
    element,
    /** @param {readonly Conflict[]} conflicts */
    render(conflicts) {
      count(conflicts.length);
      show(conflicts);
    },
  };
}

/**
 * @param {Conflict} first
 * @param {Words} words
 * @param {Act} act
 */
function conflictRow(first, words, act) {
  let conflict = first;
  let shown = "";
  /** @type {Map<string, Side>} */
  const picks = new Map();
  const element = h("li", { "data-conflict": first.id, "data-record": first.record });

  const resolve = (/** @type {Parameters<import("./base.js").Client["resolve"]>[1]} */ choice) => act((client) => client.resolve(conflict.id, choice));
  const sideOf = (/** @type {Difference} */ difference) => picks.get(difference.field) ?? likely(difference, conflict);

  function draw() {
    const { kind, local, remote } = conflict;
    const all = differences(conflict);
    // Fields can be taken from either side only where there are two documents to take them from.
    const isMergeable = local !== null && remote !== null;
    const edit = button(words.say("edit.json"), "edit", () => {
      const doc = isMergeable ? merged(all, sideOf) : local ?? remote ?? {};
      const editor = jsonEditor(words, doc, words.say("edit.save"), (made) => resolve({ merged: made }), () => {
        editor.element.replaceWith(actions);
        edit.focus();
      });
      actions.replaceWith(editor.element);
      editor.focus();
    });
    const actions = h("div", { class: "actions" },
      button(words.say("conflict.keep-local"), "local", () => void resolve("local")),
      button(words.say("conflict.keep-remote"), "remote", () => void resolve("remote")),
      isMergeable && button(words.say("conflict.merge"), "merged", () => void resolve({ merged: merged(all, sideOf) })),
      edit);
    fill(element,
      h("div", { class: "line" }, h("span", { class: "tag" }, words.say(`conflict.${kind}`)), about(conflict, local ?? remote)),
      table(conflict, all, words, isMergeable ? { sideOf, pick: (field, side) => void picks.set(field, side) } : null),
      actions);
  }

  /** @param {Conflict} next */
  function update(next) {
    conflict = next;
    const text = JSON.stringify(next);
    // Drawn anew only for another conflict: somebody may be choosing.
    if (text === shown) return;
    shown = text;
    draw();
  }

  update(first);
  return { element, update };
}

/**
 * The fields as rows, the three documents as columns.
 * @param {Conflict} conflict
 * @param {readonly Difference[]} all
 * @param {Words} words
 * @param {{ sideOf: (difference: Difference) => Side, pick: (field: string, side: Side) => void } | null} choice
 */
function table(conflict, all, words, choice) {
  const { id, localEditedAt, remoteEditedAt } = conflict;
  const now = Date.now();
  const titles = [
    words.say("conflict.field"), words.say("conflict.base"),
    words.say("conflict.local-at", { time: words.moment(localEditedAt, now) }), words.say("conflict.remote-at", { time: words.moment(remoteEditedAt, now) }),
  ];
  const cell = (/** @type {"base" | Side} */ side, /** @type {Difference} */ difference) => {
    const text = conflict[side] === null ? words.say("deleted") : valueText(difference[side], words.say("absent"));
    const isChanged = side !== "base" && [side, "both", "alike"].includes(difference.changed);
    const isOpen = choice !== null && side !== "base" && ["local", "remote", "both"].includes(difference.changed);
    const value = h("span", { class: "value" }, text);
    const content = isOpen
      ? h("label", {}, h("input", {
          type: "radio", name: `${id} ${difference.field}`, value: side, checked: choice.sideOf(difference) === side, "aria-label": `${words.say(`conflict.${side}`)}: ${text}`,
          onchange: () => choice.pick(difference.field, side),
        }), value)
      : value;
    return h("div", { role: "cell", class: isChanged ? "changed" : "", "data-side": side, "data-title": words.say(`conflict.${side}`) }, content);
  };
  return h("div", { class: "table", part: "diff", role: "table", "aria-label": words.say(`conflict.${conflict.kind}`) },
    h("div", { role: "row", class: "head" }, ...titles.map((title) => h("div", { role: "columnheader" }, title))),
    ...all.map((difference) => h("div", { role: "row", "data-field": difference.field, "data-changed": difference.changed },
      h("div", { role: "rowheader" }, difference.field), cell("base", difference), ...SIDES.map((side) => cell(side, difference)))));
}
