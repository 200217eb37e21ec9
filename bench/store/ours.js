// @ts-check
// Our side: the package with its defaults, as an app would call it. Knows nothing of what is inside.

import { destroy as destroyDatabase, open as openDatabase } from "../../pkg/index.js";

/** @typedef {import("./documents.js").Todo} Todo */

/** @type {import("./sides.js").Side["open"]} */
export async function open(name) {
  const database = await openDatabase({ name, collections: { todos: { indexes: ["dueDate"] } } });
  const todos = /** @type {any} */ (database.collection("todos"));
  return {
    putAll: (docs) => todos.putAll(docs),
    put: (doc) => todos.put(doc),
    updateAll: (patches) => database.batch((tx) => patches.forEach(([id, patch]) => tx.update("todos", id, patch))),
    get: (id) => todos.get(id),
    list: () => todos.list(),
    dueOn: (day) => todos.list({ where: { dueDate: day } }),
    openOf: (priority) => todos.list({ where: { priority, done: false } }),
    watch: async (watched, tell) => {
      const queries = watched.map(({ priority, since }) => todos.live({ where: { priority, updatedAt: { gte: since } }, orderBy: "-updatedAt" }));
      await Promise.all(queries.map((query) => new Promise((resolve) => query.subscribe(resolve))));
      queries.forEach((query) => {
        let isFirst = true;
        query.subscribe(() => (isFirst ? (isFirst = false) : tell()));
      });
    },
    close: () => database.close(),
  };
}

/** @type {import("./sides.js").Side["destroy"]} */
export function destroy(name) {
  return destroyDatabase(name);
}
