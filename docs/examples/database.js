// The database that every example here shows: one collection of todos, on this device alone.
import { open } from "syncline";

/** @typedef {{ id: string, title: string, done: boolean }} Todo */

/** @type {import("syncline").Syncline<{ todos: Todo }>} */
export const db = await open({ name: "example", collections: { todos: { indexes: ["done"] } } });
export const todos = db.collection("todos");
/** Made once: who asks the same again shares the answer. */
export const all = todos.live({ orderBy: "title" });
