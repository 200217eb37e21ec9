// @ts-check
/**
 * What the demo and the extension keep: their documents, by collection, and how each collection syncs.
 * Opens nothing and shows nothing.
 */

/** @typedef {{ id: string, title: string, done: boolean, createdAt: number, due?: string, note?: string, source?: { title: string, url: string } }} Todo `due` is a day, YYYY-MM-DD; `source` the page that it is from. */
/** @typedef {{ id: string, name: string, createdAt: number, days: { [day: string]: boolean } }} Habit `days` holds the days that were kept. */
/** @typedef {{ id: string, title: string, url: string, createdAt: number }} Link */
/** @typedef {{ id: string, theme?: string, weekStart?: number }} Setting One record, "preferences". */
/** @typedef {{ id: string, title: string, year: number, released: string, genre?: string, director?: string, distributor?: string, mpaa?: string, runtime?: number, rating?: number, votes?: number, tomatoes?: number, budget?: number, gross?: number }} Movie */
/** @typedef {{ id: string, startedAt: number, endedAt: number, minutes: number }} Focus A period of focus that is over; `minutes` are those worked. */
/** @typedef {{ todos: Todo, habits: Habit, links: Link, settings: Setting, movies: Movie, focus: Focus }} Schema What there is; an app opens some of it. */
/** @typedef {keyof Schema} CollectionName */
/** @typedef {import("../../pkg/index.js").Syncline<Schema>} Client */

/** @type {import("../../pkg/index.js").Options<Schema>["collections"]} */
const COLLECTIONS = {
  todos: { conflict: "merge", indexes: ["done", "createdAt"], priority: 3 },
  habits: { conflict: "merge", indexes: ["createdAt"], priority: 2 },
  links: { indexes: ["title"], priority: 2 },
  settings: { conflict: "merge", priority: 1 },
  movies: { indexes: ["title", "year", "rating", "gross"] },
  focus: { indexes: ["startedAt"] },
};

/** The collections as people read them. @type {Record<CollectionName, string>} */
export const NAMES = { todos: "Todos", habits: "Habits", links: "Quick links", settings: "Settings", movies: "Library", focus: "Focus history" };

/** The demo's, in the order they are shown. @type {readonly CollectionName[]} */
export const DEMO = ["todos", "habits", "links", "settings", "movies"];
/** The extension's, in the order they are shown. @type {readonly CollectionName[]} */
export const EXTENSION = ["todos", "habits", "links", "focus", "settings"];

/**
 * Some of the collections, as `open` wants them.
 * @param {readonly CollectionName[]} names
 */
export function collections(names) {
  return /** @type {typeof COLLECTIONS} */ (Object.fromEntries(names.map((name) => [name, COLLECTIONS[name]])));
}
