// @ts-check
/** What the sections of the inspector share: their frame, buttons, confirming, editing JSON. Asks no client for anything. */
import { h, write } from "./dom.js";

/** @typedef {import("./words.js").Words} Words */
/** @typedef {import("../index.js").Json} Json */
/** Does something with the client; what goes wrong is shown, and everything is looked at again. @typedef {(work: (client: import("./base.js").Client) => Promise<unknown>) => Promise<boolean>} Act */

/** A value longer than this is shown cut. */
const SHOWN = 2000;

/**
 * A section with its heading, a count beside it, and a line for when there is nothing.
 * @param {Words} words
 * @param {string} name the key of its heading and the name of its part
 * @param {...Node} content
 */
export function section(words, name, ...content) {
  const count = h("span", { class: "count", part: "count" });
  const none = h("p", { class: "none" }, words.has(`${name}.none`) ? words.say(`${name}.none`) : "");
  const element = h("section", { part: name, "aria-labelledby": `${name}-heading` },
    h("h3", { id: `${name}-heading` }, words.say(name), " ", count), none, ...content);
  return {
    element,
    /** @param {number} number */
    count(number) {
      write(count, number > 0 ? words.number(number) : "");
      none.hidden = number > 0;
    },
  };
}

/**
 * @param {string} text
 * @param {string} part
 * @param {() => void} onclick
 */
export function button(text, part, onclick) {
  return h("button", { type: "button", part: `action ${part}`, "data-action": part, onclick }, text);
}

/**
 * A button for what cannot be taken back: the first press asks, the second one does it; leaving takes the question back.
 * @param {Words} words
 * @param {() => void} discard
 */
export function discardButton(words, discard) {
  let isSure = false;
  const say = (/** @type {boolean} */ next) => {
    isSure = next;
    element.classList.toggle("danger", isSure);
    write(element, words.say(isSure ? "discard.sure" : "discard"));
  };
  const element = button("", "discard", () => (isSure ? discard() : say(true)));
  element.addEventListener("blur", () => say(false));
  element.addEventListener("keydown", (event) => { if (event.key === "Escape") say(false); });
  say(false);
  return element;
}

/**
 * A form in which a document is edited as JSON. `save` is given what was made of it, and answers whether that was taken.
 * @param {Words} words
 * @param {Json} doc
 * @param {string} submit
 * @param {(doc: Json) => Promise<boolean>} save
 * @param {() => void} close
 */
export function jsonEditor(words, doc, submit, save, close) {
  const text = h("textarea", { part: "editor", "aria-label": words.say("edit.label"), "aria-describedby": "json-problem", spellcheck: "false", rows: 8 });
  const problem = h("p", { class: "wrong", id: "json-problem", role: "alert" });
  text.value = JSON.stringify(doc, null, 2);
  const form = h("form", { class: "editor" }, text, problem,
    h("div", { class: "actions" }, h("button", { type: "submit", part: "action save", class: "primary", "data-action": "save" }, submit), button(words.say("edit.cancel"), "cancel", close)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let made;
    try {
      made = JSON.parse(text.value);
      write(problem, "");
      text.removeAttribute("aria-invalid");
    } catch (thrown) {
      write(problem, words.say("edit.wrong", { message: thrown instanceof Error ? thrown.message : String(thrown) }));
      text.setAttribute("aria-invalid", "true");
      text.focus();
      return;
    }
    if (await save(made)) close();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  return { element: form, focus: () => text.focus() };
}

/**
 * What a change or a conflict is about.
 * @param {{ collection: string, record: string }} what
 * @param {Json | undefined} doc
 */
export function about({ collection, record }, doc) {
  const { title, name } = /** @type {{ title?: Json, name?: Json }} */ (typeof doc === "object" ? doc ?? {} : {});
  const said = [title, name].find((text) => typeof text === "string" && text !== "");
  return h("span", { class: "about" }, h("b", {}, said ? cut(String(said)) : record), h("span", { class: "muted" }, said ? ` ${collection}/${record}` : ` ${collection}`));
}

/**
 * A value as it is shown.
 * @param {Json | undefined} value
 * @param {string} absent
 */
export function valueText(value, absent) {
  if (value === undefined) return absent;
  return cut(typeof value === "string" ? value : JSON.stringify(value, null, 1));
}

/** @param {string} text */
function cut(text) {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
