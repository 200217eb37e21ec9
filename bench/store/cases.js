// @ts-check
// Every case that is measured: what it is called, which scenario measures it, what it must reach. Runs none.

/**
 * @typedef {object} Case
 * @property {string} id
 * @property {string} title
 * @property {"writes" | "reads" | "gets" | "equality" | "filter" | "live" | "reopened" | "fresh"} scenario
 * @property {number} [required] the least ratio hand-written / ours; left out: for comparison only
 */

/** How many documents a database has. */
export const COUNT = 10_000;

/** @type {readonly Case[]} */
export const CASES = [
  { id: "bulk", title: "bulk insert of 10,000, durable", scenario: "writes", required: 12 },
  { id: "list", title: "list all", scenario: "reads", required: 8 },
  { id: "list-again", title: "second list, unchanged", scenario: "reads", required: 40 },
  { id: "gets", title: "1,000 gets in a loop", scenario: "gets", required: 30 },
  { id: "equality", title: "equality on an indexed field", scenario: "equality", required: 3 },
  { id: "filter", title: "filter without an index", scenario: "filter", required: 5 },
  { id: "updates", title: "1,000 random updates, durable", scenario: "writes", required: 8 },
  { id: "put", title: "one durable put, awaited", scenario: "writes", required: 1.2 },
  { id: "puts", title: "100 puts awaited together", scenario: "writes", required: 10 },
  { id: "open-list", title: "open in a fresh page and list", scenario: "fresh", required: 3 },
  { id: "open-get", title: "open and first get", scenario: "fresh", required: 3 },
  { id: "live", title: "one put beside 100 live queries", scenario: "live" },
  { id: "list-cold", title: "list all, right after open", scenario: "reopened" },
  { id: "gets-cold", title: "1,000 gets, right after open", scenario: "reopened" },
  { id: "gets-held", title: "1,000 gets after a list", scenario: "reads" },
  { id: "equality-first", title: "first equality after the inserts", scenario: "equality" },
  { id: "open-bare", title: "IndexedDB opened / the module loaded", scenario: "fresh" },
  { id: "open-list-load", title: "load modules, open and list", scenario: "fresh" },
  { id: "open-get-load", title: "load modules, open and first get", scenario: "fresh" },
];
