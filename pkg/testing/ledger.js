// @ts-check
// What the reference server decides (server/src/decide), in memory, for tests: what becomes of a change, what a page of a pull holds.
// A test of the repository holds it to the real server's answers. Forgets no deletions and speaks no HTTP.

/** @typedef {import("../index.js").Json} Json */
/** @typedef {{id: string, collection: string, record: string, op: "put" | "patch" | "delete", base: number | null, data?: any, editedAt: number}} Change */
/** @typedef {{id: string, version: number, position: number, editedAt: number, device: string, data: any}} Stored */
/** @typedef {{device: string, changes: Change[]}} Push */
/** @typedef {{code: string, message: string}} Refusal */

const LIMITS = Object.freeze({ changes: 1_000, bytes: 8 * 1024 * 1024, record: 1024 * 1024 });
const PAGE_RECORDS = 1_000;
const PAGE_BYTES = 4 * 1024 * 1024;
const RECORD_OVERHEAD = 120;
const CURSOR = /^(?:c(\d+)|([fs])(\d+)-(\d+))\.(.*)$/s;

export class Ledger {
  /** @type {Map<string, Map<string, Stored>>} */
  #collections = new Map();
  /** What was answered to each change, by its id. @type {Map<string, object>} */
  #answered = new Map();
  #position = 0;
  #identity;
  #limits;

  /**
   * @param {string} identity of the database: cursors of another one start over
   * @param {Partial<typeof LIMITS>} [limits]
   */
  constructor(identity, limits = {}) {
    this.#identity = identity;
    this.#limits = { ...LIMITS, ...limits };
  }

  get limits() {
    return this.#limits;
  }

  /**
   * Answers one change.
   * @param {Change} change
   * @param {string} device
   * @param {(change: Change, record: Stored | undefined) => Refusal | undefined} [refuse] what an app's own rules say
   * @returns {any}
   */
  take(change, device, refuse = () => undefined) {
    const before = this.#answered.get(change.id);
    if (before !== undefined) return before;
    const current = this.record(change.collection, change.record);
    const refusal = this.#refusal(change) ?? refuse(change, current);
    if (refusal === undefined && !isOnCurrent(change.base ?? null, current)) {
      // Not remembered: the same change may come again and be applied.
      return { id: change.id, status: "conflict", record: remote(current) ?? { id: change.record, version: null, editedAt: 0, data: null } };
    }
    const data = change.op === "patch" ? patched(current?.data ?? null, change.data) : (change.data ?? null);
    const wrong = refusal ?? this.#size(change.op === "delete" ? null : data);
    const result = wrong === undefined ? this.#apply(change, device, change.op === "delete" ? null : data) : { id: change.id, status: "rejected", ...wrong };
    this.#answered.set(change.id, result);
    return result;
  }

  /**
   * Answers a pull of one collection.
   * @param {string} name
   * @param {string | null | undefined} cursor
   * @param {number} limit
   * @param {{bytes: number}} budget bytes left in the answer
   */
  page(name, cursor, limit, budget = { bytes: PAGE_BYTES }) {
    const rows = [...(this.#collections.get(name)?.values() ?? [])].sort((one, other) => one.position - other.position);
    const head = rows.at(-1)?.position ?? 0;
    const reading = this.#reading(cursor, head);
    const { kind, after, since } = reading;
    const news = rows.filter(({ position, data }) => position > after && (data !== null || position > since));
    const records = [];
    for (const row of news) {
      const isFull = records.length >= Math.min(Math.max(limit, 1), PAGE_RECORDS) || (budget.bytes === 0 && records.length > 0);
      if (isFull) {
        const last = /** @type {Stored} */ (news[records.length - 1]).position;
        return this.#page(records, kind === "c" ? `c${last}` : `${kind}${last}-${since}`, true, reading);
      }
      budget.bytes = Math.max(0, budget.bytes - sizeOf(row.data) - RECORD_OVERHEAD);
      records.push(remote(row));
    }
    const last = news.at(-1)?.position ?? after;
    return this.#page(records, `c${Math.max(last, since)}`, false, reading);
  }

  /** Bytes of documents in one answer. */
  budget() {
    return { bytes: PAGE_BYTES };
  }

  /**
   * One record, deleted or not.
   * @param {string} collection
   * @param {string} id
   */
  record(collection, id) {
    return this.#collections.get(collection)?.get(id);
  }

  /**
   * The records of a collection, deleted ones too.
   * @param {string} collection
   */
  records(collection) {
    return [...(this.#collections.get(collection)?.values() ?? [])];
  }

  /**
   * @param {any[]} records
   * @param {string} cursor
   * @param {boolean} more
   * @param {{kind: string, after: number}} reading where it began
   */
  #page(records, cursor, more, { kind, after }) {
    const isSnapshot = kind === "s";
    const marks = { ...(isSnapshot && { snapshot: true }), ...(isSnapshot && after === 0 && { start: true }) };
    return { records, cursor: `${cursor}.${this.#identity}`, more, ...marks };
  }

  /**
   * Where a page starts: at the cursor, or from nothing where it is none, of another database or ahead of this one.
   * @param {string | null | undefined} cursor
   * @param {number} head
   */
  #reading(cursor, head) {
    if (cursor === null || cursor === undefined) return { kind: "f", after: 0, since: head };
    const [, steady, kind = "c", after = steady, since = "0", identity] = CURSOR.exec(cursor) ?? [];
    const reading = { kind, after: Number(after), since: Number(since) };
    const isHere = identity === this.#identity && Math.max(reading.after, reading.since) <= head;
    return isHere ? reading : { kind: "s", after: 0, since: head };
  }

  /**
   * @param {Change} change
   * @param {string} device
   * @param {any} data
   */
  #apply(change, device, data) {
    const version = (this.record(change.collection, change.record)?.version ?? 0) + 1;
    this.#position += 1;
    const stored = { id: change.record, version, position: this.#position, editedAt: change.editedAt, device, data };
    const records = this.#collections.get(change.collection) ?? new Map();
    this.#collections.set(change.collection, records.set(change.record, stored));
    return { id: change.id, status: "applied", version };
  }

  /**
   * @param {Change} change
   * @returns {Refusal | undefined}
   */
  #refusal({ op, data }) {
    if (op === "delete") return undefined;
    if (data === undefined || data === null) return { code: "invalid-document", message: "`data` is missing" };
    if (typeof data !== "object" || Array.isArray(data)) {
      return this.#size(data) ?? { code: "invalid-document", message: "`data` is not an object" };
    }
    return this.#size(data);
  }

  /**
   * @param {any} data
   * @returns {Refusal | undefined}
   */
  #size(data) {
    return sizeOf(data) > this.#limits.record ? { code: "too-large", message: "the record is larger than the server takes" } : undefined;
  }
}

/**
 * @param {number | null} base
 * @param {Stored | undefined} current
 */
function isOnCurrent(base, current) {
  return base === null ? (current?.data ?? null) === null : base === current?.version;
}

/** @param {Stored | undefined} stored */
function remote(stored) {
  if (stored === undefined) return undefined;
  const { id, version, editedAt, device, data } = stored;
  return { id, version, editedAt, device, data };
}

/**
 * A document after a merge patch (RFC 7396).
 * @param {any} target
 * @param {any} patch
 * @returns {any}
 */
function patched(target, patch) {
  if (!isObject(patch)) return patch;
  const members = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) members.delete(name);
    else members.set(name, patched(members.get(name) ?? null, change));
  }
  return Object.fromEntries(members);
}

/** @param {any} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {any} data */
function sizeOf(data) {
  return data === null ? 0 : new TextEncoder().encode(JSON.stringify(data)).length;
}
