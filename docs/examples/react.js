// Todos in React, by the hooks of `syncline/react`. Without JSX, so that it can be read as it runs.
import { createElement as h, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { useDocument, useQuery, useSyncStatus } from "syncline/react";
import { db, todos } from "./database.js";

function Todos() {
  const all = useQuery(todos, { orderBy: "title" });
  const left = useQuery(todos, { where: { done: false } });
  const { pending } = useSyncStatus(db);
  if (all === undefined) return h("p", null, "…");
  return h("main", null,
    h(NewTodo),
    h("ul", null, all.map(({ id }) => h(Todo, { key: id, id }))),
    h("p", { "data-testid": "left" }, `${left?.length ?? 0} left, ${pending} to sync`));
}

/** One row asks for its own document: an edit of another one does not draw it again. */
function Todo({ id }) {
  const todo = useDocument(todos, id);
  return todo && h("li", null, h("label", null,
    h("input", { type: "checkbox", checked: todo.done, onChange: () => todos.update(id, { done: !todo.done }) }), todo.title));
}

function NewTodo() {
  const add = (event) => {
    event.preventDefault();
    void todos.put({ title: new FormData(event.target).get("title"), done: false });
    event.target.reset();
  };
  return h("form", { onSubmit: add }, h("input", { name: "title", "aria-label": "New todo" }));
}

createRoot(document.body.appendChild(document.createElement("div"))).render(h(StrictMode, null, h(Todos)));
