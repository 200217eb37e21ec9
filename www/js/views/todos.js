// @ts-check
/**
 * The view of todos: adding, filtering and searching them.
 * The list and its rows are `todo-list.js`.
 */
import { h, write } from "../dom.js";
import { todoForm, todoList } from "../todo-list.js";
import { header, searchField } from "./parts.js";

const FILTERS = /** @type {const} */ ([
  ["all", "All", {}],
  ["open", "Open", { done: false }],
  ["done", "Done", { done: true }],
]);

const EMPTY = { all: "Nothing to do yet. Add something above: it is saved on this device at once.", open: "Nothing to do.", done: "Nothing is done yet." };

/** @type {import("./parts.js").View} */
export function todosView({ client, isPart }) {
  const todos = client.collection("todos");
  const form = todoForm(todos, { due: !isPart });
  const empty = h("p", { class: "empty", "data-testid": "todos-empty" });
  const list = todoList(todos, { shown: (count) => { empty.hidden = count > 0; } });
  const search = searchField("Search todos", "todo-search", show);
  const { element: head, note } = header("Todos", "todos-count", isPart);
  /** @type {(typeof FILTERS)[number][0]} */
  let filter = isPart ? "open" : "all";

  const filters = h("div", { class: "segments", role: "group", "aria-label": "Show" }, ...FILTERS.map(([name, label]) =>
    h("button", { type: "button", "aria-pressed": name === filter, "data-testid": `todo-filter-${name}`, onclick: () => choose(name) }, label)));

  /** @param {typeof filter} name */
  function choose(name) {
    filter = name;
    show();
  }

  function show() {
    for (const [index, [name]] of FILTERS.entries()) filters.children[index]?.setAttribute("aria-pressed", String(name === filter));
    const where = FILTERS.find(([name]) => name === filter)?.[2] ?? {};
    write(empty, search.input.value ? "No todo matches." : EMPTY[filter]);
    list.show({ where, orderBy: "-createdAt" }, search.input.value.trim());
  }

  const stop = todos.live({ where: { done: false } }).subscribe((open) => write(note, open.length === 1 ? "1 open" : `${open.length} open`));
  show();
  return {
    element: h("section", { class: "view", "data-testid": "view-todos" },
      head, form.element, h("div", { class: "bar" }, filters, search.element), h("div", { class: "card list-card" }, list.element, empty)),
    add: form.input,
    search: search.input,
    close: () => {
      stop();
      list.close();
    },
  };
}
