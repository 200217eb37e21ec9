// @ts-check
/**
 * What the demo keeps: its documents, by collection, and how each collection syncs.
 * Opens nothing and shows nothing.
 */

/** @typedef {{ id: string, title: string, done: boolean, createdAt: number, due?: string, note?: string }} Todo `due` is a day, YYYY-MM-DD. */
/** @typedef {{ id: string, name: string, createdAt: number, days: { [day: string]: boolean } }} Habit `days` holds the days that were kept. */
/** @typedef {{ id: string, title: string, url: string, createdAt: number }} Link */
/** @typedef {{ id: string, theme?: string, weekStart?: number }} Setting One record, "preferences". */
/** @typedef {{ id: string, title: string, year: number, released: string, genre?: string, director?: string, distributor?: string, mpaa?: string, runtime?: number, rating?: number, votes?: number, tomatoes?: number, budget?: number, gross?: number }} Movie */
/** @typedef {{ todos: Todo, habits: Habit, links: Link, settings: Setting, movies: Movie }} Schema */
/** @typedef {import("../../pkg/index.js").Syncline<Schema>} Client */

/** @type {import("../../pkg/index.js").Options<Schema>["collections"]} */
export const COLLECTIONS = {
  todos: { conflict: "merge", indexes: ["done", "createdAt"], priority: 3 },
  habits: { conflict: "merge", indexes: ["createdAt"], priority: 2 },
  links: { indexes: ["title"], priority: 2 },
  settings: { conflict: "merge", priority: 1 },
  movies: { indexes: ["title", "year", "rating", "gross"] },
};

/** The collections as people read them. @type {Record<keyof Schema, string>} */
export const NAMES = { todos: "Todos", habits: "Habits", links: "Quick links", settings: "Settings", movies: "Library" };

/** The names of the collections, in the order they are shown. */
export const COLLECTION_NAMES = /** @type {(keyof Schema)[]} */ (Object.keys(COLLECTIONS));
