// @ts-check
// What clients may call over a port, each call by its name: what it does, and how it is asked again. Sends nothing itself.

import { decideOnce, decideWaiting } from "./again.js";
import { invalidArgument, SynclineError } from "../errors.js";

/** @typedef {import("./again.js").Edit} Edit */
/** @typedef {import("./again.js").Verdict} Verdict */
/** @typedef {import("./ports.js").Served} Served */
/** @typedef {import("../index.js").Syncline<any>} Syncline */
/** @typedef {{askedAt: number, bornAt: number}} Times */
/** @typedef {{collection: string, id: string, edit: Edit}} Named */

/**
 * One call.
 * @typedef {object} Call
 * @property {(served: Served, client: Syncline, args: any[], signal: AbortSignal) => unknown} run
 * @property {(args: any[]) => Named[]} [edits] the edits that it makes
 * @property {(client: Syncline, args: any[], times: Times) => Promise<Verdict>} [again] what becomes of it where it is asked again; left out: it is
 *   asked again, but for its edits
 */

/** Documents that a call gives: how they cross depends on what the client has by then. */
export class Documents {
  /**
   * @param {string} collection
   * @param {readonly any[]} docs
   */
  constructor(collection, docs) {
    this.collection = collection;
    this.docs = docs;
  }
}

/** @type {{[name: string]: Call}} */
export const CALLS = {
  begin: { run: () => null },

  getAll: { run: async (_, client, [name, ids]) => new Documents(name, await client.collection(name).getAll(ids)) },
  list: { run: async (_, client, [name, query]) => new Documents(name, await client.collection(name).list(query)) },
  count: { run: (_, client, [name, query]) => client.collection(name).count(query) },
  state: { run: (_, client, [name, id]) => client.collection(name).state(id) },

  put: {
    run: async (_, client, [name, doc]) => new Documents(name, [await client.collection(name).put(doc)]),
    edits: ([collection, doc]) => [editOf(["put", collection, doc])],
  },
  putAll: {
    run: (_, client, [name, docs]) => client.collection(name).putAll(docs),
    edits: ([collection, docs]) => docs.map((/** @type {any} */ doc) => editOf(["put", collection, doc])),
  },
  update: {
    run: async (_, client, [name, id, patch]) => new Documents(name, [await client.collection(name).update(id, patch)]),
    edits: ([collection, id, patch]) => [editOf(["update", collection, id, patch])],
  },
  delete: {
    run: (_, client, [name, id]) => client.collection(name).delete(id),
    edits: ([collection, id]) => [editOf(["delete", collection, id])],
  },
  batch: {
    run: (_, client, [edits]) =>
      client.batch((tx) => {
        for (const text of edits) {
          const [kind, ...args] = JSON.parse(text);
          /** @type {any} */ (tx)[kind](...args);
        }
      }),
    edits: ([edits]) => edits.map((/** @type {string} */ text) => editOf(JSON.parse(text))),
  },

  enable: { run: (_, client, names) => client.enable(...names) },
  disable: { run: (_, client, names) => client.disable(...names) },
  confirmDeletions: { run: (_, client, [name]) => client.confirmDeletions(name) },
  flush: { run: (_, client) => client.flush() },
  storage: { run: (_, client) => client.storage() },
  sync: { run: (_, client, [options], signal) => client.sync({ ...options, signal }) },

  pending: { run: (_, client) => client.pending() },
  parked: { run: (_, client) => client.parked() },
  conflicts: { run: (_, client) => client.conflicts() },
  requeue: {
    // What is left out is null on its way.
    run: (_, client, [change, data]) => client.requeue(change, data ?? undefined),
    again: async (client, [change], times) => decideWaiting({ ...times, isWaiting: hasId(await client.parked(), change) }),
  },
  discard: {
    run: (_, client, [change]) => client.discard(change),
    again: async (client, [change], times) => decideWaiting({ ...times, isWaiting: hasId([...(await client.parked()), ...(await client.pending())], change) }),
  },
  resolve: {
    run: (_, client, [conflict, choice]) => client.resolve(conflict, choice),
    again: async (client, [conflict], times) => decideWaiting({ ...times, isWaiting: hasId(await client.conflicts(), conflict) }),
  },
  signOut: {
    run: (_, client, [options]) => client.signOut(options ?? undefined),
    again: async (_, [options], times) => (options?.dropPending ? decideOnce(times) : "ask"),
  },

  // Files cross in slices, as base64: ports carry JSON.
  export: {
    async run(served, client) {
      const file = await client.export();
      return [served.keepFile([file]), file.size];
    },
  },
  slice: {
    async run(served, _, [number, from, size]) {
      const [file] = served.files.get(number) ?? [];
      if (file !== undefined && from + size >= file.size) served.files.delete(number);
      return file === undefined ? null : base64(await file.slice(from, from + size).arrayBuffer());
    },
  },
  file: { run: (served) => served.keepFile([]) },
  part: {
    run: (served, _, [number, part]) => void partsOf(served, number).push(new Blob([bytesOf(part)])),
    again: async (_, __, times) => decideOnce(times),
  },
  import: {
    run(served, client, [number, size, mode]) {
      const file = new Blob(partsOf(served, number));
      if (file.size !== size) throw lost();
      served.files.delete(number);
      return client.import(file, mode);
    },
    again: async (_, __, times) => decideOnce(times),
  },
};

/**
 * An edit with the record that it is of.
 * @param {any[]} edit as a batch says it
 * @returns {Named}
 */
function editOf([kind, collection, first, patch]) {
  switch (kind) {
    case "put":
      return { collection, id: first?.id, edit: { kind, doc: first } };
    case "update":
      return { collection, id: first, edit: { kind, patch } };
    case "delete":
      return { collection, id: first, edit: { kind } };
    default:
      throw invalidArgument("edit", `\`${kind}\` is no kind of edit`);
  }
}

/**
 * @param {readonly {id: string}[]} list
 * @param {string} wanted
 */
function hasId(list, wanted) {
  return list.some(({ id }) => id === wanted);
}

/**
 * @param {Served} served
 * @param {number} number
 */
function partsOf(served, number) {
  const parts = served.files.get(number);
  if (parts === undefined) throw lost();
  return parts;
}

function lost() {
  return new SynclineError("aborted", "the background ended before all of the file had crossed: nothing was imported", true);
}

/** @param {ArrayBuffer} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

/** @param {string} text */
function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
