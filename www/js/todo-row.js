// @ts-check
/**
 * One todo in a list: its check box, its title that turns into a field to edit, its day and its delete button.
 * Writes to the collection it is given; what is listed is its list's to say.
 */
import { addressOf } from "./address.js";
import { dueText, today } from "./days.js";
import { fill, h, write } from "./dom.js";
import { icon } from "./icons.js";

/** @typedef {import("./model.js").Todo} Todo */
/**
 * What a row may do to its todo.
 * @typedef {object} TodoActions
 * @property {(id: string, patch: { [field: string]: string | boolean | null }) => void} update
 * @property {(todo: Todo) => void} remove
 */

/**
 * Makes a row.
 * @param {Todo} first
 * @param {TodoActions} actions
 */
export function todoRow(first, actions) {
  let todo = first;
  const check = h("input", { type: "checkbox", class: "check", "data-testid": "todo-toggle", onchange: () => actions.update(todo.id, { done: check.checked }) });
  const title = h("span", { class: "todo-title", "data-testid": "todo-title" });
  const due = h("span", { class: "chip" });
  const open = h("button", { type: "button", class: "todo-open", title: "Edit", "data-testid": "todo-edit", onclick: (/** @type {MouseEvent} */ event) => edit(event.target === due ? "due" : "title") }, title, due);
  const source = h("a", { class: "chip todo-source", target: "_blank", rel: "noopener noreferrer", "data-testid": "todo-source" });
  const remove = h("button", { type: "button", class: "icon-button quiet", "data-testid": "todo-delete", onclick: () => actions.remove(todo) }, icon("trash"));
  const element = h("li", { class: "row todo", "data-testid": "todo", "data-id": todo.id, onkeydown: handleKey }, check, open, source, remove);

  /** @param {KeyboardEvent} event */
  function handleKey(event) {
    if (event.key === "Delete" && event.target !== remove && !(event.target instanceof HTMLInputElement && event.target.type !== "checkbox")) actions.remove(todo);
  }

  /** @param {"title" | "due"} field */
  function edit(field) {
    const form = editor(todo, (patch) => {
      const kept = document.activeElement && form.contains(document.activeElement);
      form.replaceWith(open);
      remove.hidden = false;
      if (kept) open.focus();
      if (patch) actions.update(todo.id, patch);
    });
    open.replaceWith(form);
    remove.hidden = true;
    const input = /** @type {HTMLInputElement | null} */ (form.querySelector(`[name=${field}]`));
    input?.focus();
    if (field === "title") input?.setSelectionRange(todo.title.length, todo.title.length);
  }

  /** @param {Todo} next */
  function update(next) {
    todo = next;
    check.checked = next.done;
    check.setAttribute("aria-label", `Done: ${next.title}`);
    remove.setAttribute("aria-label", `Delete ${next.title}`);
    write(title, next.title);
    element.classList.toggle("is-done", next.done);
    const when = next.due ? dueText(next.due, today()) : null;
    due.hidden = !when;
    write(due, when?.text ?? "");
    due.dataset.tone = when?.tone ?? "";
    // What came from another device is checked again: an address that runs script must not become a link.
    const address = addressOf(next.source?.url ?? "");
    source.hidden = !address;
    source.href = address?.href ?? "";
    source.title = next.source?.title ?? "";
    write(source, address?.host.replace(/^www\./, "") ?? "");
  }

  update(first);
  return { element, update };
}

/**
 * The fields that take the place of the title while it is edited. Enter or leaving keeps, Escape does not.
 * @param {Todo} todo
 * @param {(patch: { [field: string]: string | null } | null) => void} close
 */
function editor(todo, close) {
  const title = h("input", { name: "title", class: "field", value: todo.title, "aria-label": "Title", autocomplete: "off", "data-testid": "todo-edit-title" });
  const due = h("input", { name: "due", type: "date", class: "field date", value: todo.due ?? "", "aria-label": "Due", "data-testid": "todo-edit-due" });
  const form = h("form", { class: "todo-editor" });
  let open = true;

  /** @param {boolean} keep */
  function finish(keep) {
    if (!open) return;
    open = false;
    /** @type {{ [field: string]: string | null }} */
    const patch = {};
    const text = title.value.trim();
    if (keep && text && text !== todo.title) patch.title = text;
    if (keep && due.value !== (todo.due ?? "")) patch.due = due.value || null;
    close(Object.keys(patch).length > 0 ? patch : null);
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); finish(true); });
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); finish(false); } });
  form.addEventListener("focusout", (event) => {
    if (!(event.relatedTarget instanceof Node && form.contains(event.relatedTarget))) finish(true);
  });
  fill(form, title, due, h("button", { type: "submit", class: "visually-hidden", tabindex: -1 }, "Save"));
  return form;
}
