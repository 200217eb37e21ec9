// @ts-check
// What both sides can do, and where they come from. Measures nothing.

/** @typedef {import("./documents.js").Todo} Todo */

/**
 * An open database of one side.
 * @typedef {object} Store
 * @property {(docs: Todo[]) => Promise<void>} putAll in one transaction
 * @property {(doc: Todo) => Promise<unknown>} put
 * @property {(patches: [string, Partial<Todo>][]) => Promise<void>} updateAll in one transaction
 * @property {(id: string) => Promise<Todo | undefined>} get
 * @property {() => Promise<readonly Todo[]>} list
 * @property {(day: string) => Promise<readonly Todo[]>} dueOn by the index
 * @property {(priority: number) => Promise<readonly Todo[]>} openOf without an index
 * @property {(watched: readonly Watched[], tell: () => void) => Promise<void>} watch keeps the answers current; tells when one has changed
 * @property {() => Promise<void>} close
 */

/**
 * A query whose answer is kept current: of a priority, edited since a time, the latest edit first.
 * @typedef {{priority: number, since: number}} Watched
 */

/**
 * @typedef {object} Side
 * @property {(name: string) => Promise<Store>} open
 * @property {(name: string) => Promise<void>} destroy
 */

/** @typedef {"hand-written" | "ours"} SideName */

/**
 * Loads one side; a page that needs only one has nothing of the other.
 * @param {SideName} name
 * @returns {Promise<Side>}
 */
export function load(name) {
  return name === "ours" ? import("./ours.js") : import("./hand-written.js");
}
