// @ts-check
/**
 * A list of todos kept current by a live query, with the form that adds to it.
 * Used by the demo, the lab and the extension alike; opens no database.
 */
import { h, keyed } from "./dom.js";
import { icon } from "./icons.js";
import { sentence } from "./problem.js";
import { toast } from "./toast.js";
import { todoRow } from "./todo-row.js";

/** @typedef {import("./model.js").Todo} Todo */
/** @typedef {import("../../pkg/index.js").Collection<Todo>} Todos */

/**
 * The form that adds a todo: Enter adds, Escape clears.
 * @param {Todos} todos
 * @param {{ written?: () => void, due?: boolean }} [options] `written` is called after a write; `due` offers a day.
 */
export function todoForm(todos, { written = () => {}, due = true } = {}) {
  const title = h("input", { class: "field", placeholder: "What needs doing?", "aria-label": "New todo", autocomplete: "off", enterkeyhint: "done", "data-testid": "todo-input" });
  const day = h("input", { type: "date", class: "field date", "aria-label": "Due", "data-testid": "todo-due" });
  const form = h("form", { class: "adder", "data-testid": "todo-form" },
    title, due && day, h("button", { type: "submit", class: "button primary", "data-testid": "todo-add" }, icon("add"), h("span", {}, "Add")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = title.value.trim();
    if (!text) return;
    const todo = { title: text, done: false, createdAt: Date.now(), ...(day.value ? { due: day.value } : {}) };
    form.reset();
    title.focus();
    todos.put(todo).then(written, (error) => {
      title.value = text;
      toast(sentence(error));
    });
  });
  title.addEventListener("keydown", (event) => { if (event.key === "Escape") form.reset(); });
  return { element: form, input: title };
}

/**
 * The list itself. `show` says what is in it; `close` ends the live query.
 * @param {Todos} todos
 * @param {{ written?: () => void, shown?: (count: number) => void }} [options] `shown` is told how many todos are listed.
 */
export function todoList(todos, { written = () => {}, shown = () => {} } = {}) {
  const failed = (/** @type {unknown} */ error) => toast(sentence(error));
  const element = h("ul", { class: "rows", "data-testid": "todo-list", onkeydown: moveFocus });
  const render = keyed(element, (/** @type {Todo} */ todo) => todoRow(todo, {
    update: (id, patch) => void todos.update(id, patch).then(written, failed),
    remove: (gone) => void todos.delete(gone.id).then(() => {
      written();
      toast(`Deleted “${gone.title}”`, { label: "Undo", run: () => void todos.put(gone).then(written, failed) });
    }, failed),
  }));
  /** @type {() => void} */
  let close = () => {};
  return {
    element,
    /**
     * @param {import("../../pkg/index.js").Query<Todo>} query
     * @param {string} [search] Only titles that hold this text.
     */
    show(query, search = "") {
      close();
      const text = search.toLocaleLowerCase();
      close = todos.live(query).subscribe((all) => {
        const listed = text ? all.filter((todo) => todo.title.toLocaleLowerCase().includes(text)) : all;
        render(listed);
        shown(listed.length);
      });
    },
    close: () => close(),
  };
}

/**
 * Moves between rows with the arrow keys, keeping to the same control.
 * @param {KeyboardEvent} event
 */
function moveFocus(event) {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const from = event.target;
  if (!(from instanceof HTMLElement) || from.closest("form")) return;
  const row = from.closest("li");
  const next = event.key === "ArrowDown" ? row?.nextElementSibling : row?.previousElementSibling;
  const control = next?.querySelector(`[data-testid="${from.dataset.testid}"]`) ?? next?.querySelector("button");
  if (!(control instanceof HTMLElement)) return;
  event.preventDefault();
  control.focus();
}
