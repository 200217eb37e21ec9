// @ts-check
// The backend of a world: answers requests of `syncline/1` from the ledger, and lets a test look in and write as another device.

import { invalidArgument } from "../errors.js";
import { problem } from "./http.js";
import { Ledger } from "./ledger.js";

/** @typedef {import("./ledger.js").Change} Change */
/** @typedef {import("./http.js").Answer} Answer */
/** @typedef {{holds: (change: any) => boolean, refusal: import("./ledger.js").Refusal}} Rule */

const CODES = ["invalid-document", "too-large", "forbidden", "unknown-collection"];
const MAX_ID = 256;
const MAX_COLLECTIONS = 100;

export class Server {
  url = "https://sync.test";
  /** Every change that was accepted, in order. @type {any[]} */
  history = [];
  #clock;
  #ledger = new Ledger("world-1");
  #databases = 1;
  #written = 0;
  /** @type {Rule[]} */
  #rules = [];
  /** @type {Set<(collections: Set<string>) => void>} */
  #listeners = new Set();

  /** @param {import("./clock.js").Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /** @param {string} collection */
  records(collection) {
    return this.#ledger.records(collection).flatMap(({ data }) => (data === null ? [] : [structuredClone(data)]));
  }

  /**
   * @param {string} collection
   * @param {string} id
   */
  get(collection, id) {
    return structuredClone(this.#ledger.record(collection, id)?.data ?? undefined);
  }

  /**
   * @param {string} collection
   * @param {{id: string}} doc
   * @param {{editedAt?: number}} [options]
   */
  put(collection, doc, options) {
    if (typeof doc?.id !== "string") throw invalidArgument("doc.id", "must be a string");
    this.#write(collection, doc.id, "put", structuredClone(doc), options);
  }

  /**
   * @param {string} collection
   * @param {string} id
   * @param {{editedAt?: number}} [options]
   */
  delete(collection, id, options) {
    this.#write(collection, id, "delete", undefined, options);
  }

  /**
   * @param {(change: any) => boolean} holds
   * @param {{code?: string, message?: string}} [refusal]
   */
  reject(holds, { code = "invalid-document", message = "refused by the test" } = {}) {
    if (!CODES.includes(code)) throw invalidArgument("code", `must be one of ${CODES.join(", ")}`);
    const rule = { holds, refusal: { code, message } };
    this.#rules.push(rule);
    return () => void (this.#rules = this.#rules.filter((other) => other !== rule));
  }

  /** Begins with an empty database, as a server that lost its own. */
  reset() {
    this.#databases += 1;
    this.#ledger = new Ledger(`world-${this.#databases}`);
    this.history = [];
  }

  /**
   * Hears which collections changed. Gives a function that ends it.
   * @param {(collections: Set<string>) => void} listener
   */
  listen(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Answers a request.
   * @param {import("./http.js").Request} request
   * @returns {Answer}
   */
  answer(request) {
    const { pathname } = new URL(request.url);
    if (!/^Bearer ./.test(request.headers.get("authorization") ?? "")) return problem(401, "unauthorized", "The token is not good");
    if (request.method === "POST" && pathname.endsWith("/v1/push")) return this.#push(request.json());
    if (request.method === "POST" && pathname.endsWith("/v1/pull")) return this.#pull(request.json());
    return problem(404, "not-found", "There is no such route");
  }

  /** @param {import("./ledger.js").Push} push */
  #push({ device, changes }) {
    if (changes.length > this.#ledger.limits.changes) return problem(413, "too-large", "The push has too many changes", { changes: "too many" });
    const wrong = changes.flatMap((change, at) => ["id", "collection", "record"].filter((name) => !isId(/** @type {any} */ (change)[name])).map((name) => `changes[${at}].${name}`));
    if (!isId(device) || wrong.length > 0) {
      const fields = Object.fromEntries([...wrong, ...(isId(device) ? [] : ["device"])].map((name) => [name, "must have 1 to 256 characters"]));
      return problem(400, "invalid-request", "The request has fields that cannot be taken", fields);
    }
    const results = changes.map((change) => this.#take(change, device));
    this.#tell(new Set(changes.filter((_change, at) => results[at].status === "applied").map(({ collection }) => collection)));
    return { status: 200, body: { results, now: this.#clock.now } };
  }

  /** @param {{collections: Record<string, {cursor: string | null}>, limit: number}} pull */
  #pull({ collections, limit }) {
    const names = Object.keys(collections);
    if (limit === 0 || names.length > MAX_COLLECTIONS || !names.every(isId)) {
      return problem(400, "invalid-request", "The request has fields that cannot be taken", { collections: "cannot be taken" });
    }
    const budget = this.#ledger.budget();
    const pages = names.sort().map((name) => [name, this.#ledger.page(name, collections[name]?.cursor, limit, budget)]);
    return { status: 200, body: { collections: Object.fromEntries(pages), now: this.#clock.now } };
  }

  /**
   * @param {Change} change
   * @param {string} device
   */
  #take(change, device) {
    const before = this.#ledger.record(change.collection, change.record);
    const refuse = () => this.#rules.find(({ holds }) => holds(structuredClone(change)))?.refusal;
    const result = this.#ledger.take(change, device, refuse);
    const after = this.#ledger.record(change.collection, change.record);
    if (after !== undefined && after !== before) {
      const { version, data, editedAt } = after;
      this.history.push({ change: change.id, device, at: this.#clock.now, collection: change.collection, record: change.record, op: change.op, version, editedAt, data: structuredClone(data) });
    }
    return result;
  }

  /**
   * @param {string} collection
   * @param {string} record
   * @param {"put" | "delete"} op
   * @param {any} data
   * @param {{editedAt?: number}} [options]
   */
  #write(collection, record, op, data, { editedAt = this.#clock.now } = {}) {
    this.#written += 1;
    const stored = this.#ledger.record(collection, record);
    const base = op === "put" && stored?.data === null ? null : (stored?.version ?? null);
    this.#take({ id: `elsewhere-${this.#written}`, collection, record, op, base, data, editedAt }, "elsewhere");
    this.#tell(new Set([collection]));
  }

  /** @param {Set<string>} collections */
  #tell(collections) {
    if (collections.size > 0) this.#listeners.forEach((listener) => listener(collections));
  }
}

/** @param {unknown} text */
function isId(text) {
  return typeof text === "string" && text !== "" && [...text].length <= MAX_ID;
}
