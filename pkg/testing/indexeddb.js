// @ts-check
// IndexedDB as far as Syncline uses it: what the wasm-bindgen glue sees. `disk.js` keeps the rows and runs the transactions.

import { isBefore } from "./rows.js";

/** @typedef {import("./rows.js").Key} Key */

/** An event of a request, a transaction or a connection. */
export class DiskEvent {
  defaultPrevented = false;
  isStopped = false;

  /**
   * @param {string} type
   * @param {unknown} target
   */
  constructor(type, target) {
    this.type = type;
    this.target = target;
  }

  preventDefault() {
    this.defaultPrevented = true;
  }

  stopPropagation() {
    this.isStopped = true;
  }
}

export class IDBVersionChangeEvent extends DiskEvent {
  /**
   * @param {string} type
   * @param {unknown} target
   * @param {number} oldVersion
   * @param {number | null} newVersion
   */
  constructor(type, target, oldVersion, newVersion) {
    super(type, target);
    this.oldVersion = oldVersion;
    this.newVersion = newVersion;
  }
}

/**
 * Calls the handler of an event, and those of what it bubbles to.
 * @param {DiskEvent} event
 * @param {...any} path
 */
export function fire(event, ...path) {
  for (const target of [event.target, ...path]) {
    /** @type {any} */ (target)[`on${event.type}`]?.(event);
    if (event.isStopped) return;
  }
}

export class IDBRequest {
  readyState = "pending";
  /** @type {any} */ result = undefined;
  /** @type {DOMException | null} */ error = null;
  /** @type {any} */ source = null;
  /** @type {any} */ transaction = null;
  /** @type {((event: any) => void) | null} */ onsuccess = null;
  /** @type {((event: any) => void) | null} */ onerror = null;

  /** @param {unknown} result */
  succeed(result) {
    this.readyState = "done";
    this.result = result;
  }

  /** @param {DOMException | null} error */
  fail(error) {
    this.readyState = "done";
    this.error = error;
  }
}

export class IDBOpenDBRequest extends IDBRequest {
  /** @type {((event: any) => void) | null} */ onupgradeneeded = null;
  /** @type {((event: any) => void) | null} */ onblocked = null;
}

export class IDBFactory {
  #disk;
  #scope;

  /**
   * @param {import("./disk.js").Disk} disk
   * @param {import("./scope.js").Scope} scope
   */
  constructor(disk, scope) {
    this.#disk = disk;
    this.#scope = scope;
  }

  /**
   * @param {string} name
   * @param {number} [version]
   */
  open(name, version) {
    return this.#disk.open(this.#scope, name, version);
  }

  /** @param {string} name */
  deleteDatabase(name) {
    return this.#disk.delete(this.#scope, name);
  }
}

export class IDBDatabase {
  /** @type {((event: any) => void) | null} */ onversionchange = null;
  /** @type {((event: any) => void) | null} */ onclose = null;
  /** @type {((event: any) => void) | null} */ onabort = null;
  /** @type {((event: any) => void) | null} */ onerror = null;
  isClosed = false;
  /** Set while the database is made. @type {IDBTransaction | null} */
  upgrade = null;

  /**
   * @param {import("./disk.js").Database} database
   * @param {import("./scope.js").Scope} scope
   */
  constructor(database, scope) {
    this.database = database;
    this.scope = scope;
  }

  get name() {
    return this.database.name;
  }

  get version() {
    return this.database.version;
  }

  get objectStoreNames() {
    return [...this.database.stores.keys()].sort();
  }

  /** @param {string} name */
  createObjectStore(name) {
    if (this.upgrade === null) throw new DOMException("no upgrade is under way", "InvalidStateError");
    this.upgrade.undo.push(this.database.addStore(name));
    return this.upgrade.objectStore(name);
  }

  /**
   * @param {string | string[]} names
   * @param {"readonly" | "readwrite"} [mode]
   */
  transaction(names, mode = "readonly") {
    if (this.isClosed) throw new DOMException("the connection is closed", "InvalidStateError");
    const stores = [names].flat();
    const missing = stores.find((name) => !this.database.stores.has(name));
    if (missing !== undefined) throw new DOMException(`there is no store ${missing}`, "NotFoundError");
    const transaction = new IDBTransaction(this, stores, mode);
    this.database.enqueue(transaction);
    return transaction;
  }

  close() {
    this.isClosed = true;
    this.database.handleClosed();
  }
}

export class IDBTransaction {
  /** @type {DOMException | null} */ error = null;
  /** @type {((event: any) => void) | null} */ oncomplete = null;
  /** @type {((event: any) => void) | null} */ onabort = null;
  /** @type {((event: any) => void) | null} */ onerror = null;
  /** @type {"active" | "inactive" | "over"} */ phase = "active";
  /** What is yet to be done. @type {{request: IDBRequest, act: () => unknown}[]} */ queue = [];
  /** Hears how it ended, whoever is dead. @type {(how: "abort" | "complete") => void} */ whenOver = () => {};
  /** What takes back what was written, in order. @type {(() => void)[]} */ undo = [];

  /**
   * @param {IDBDatabase} db
   * @param {string[]} stores
   * @param {"readonly" | "readwrite" | "versionchange"} mode
   */
  constructor(db, stores, mode) {
    this.db = db;
    this.mode = mode;
    this.stores = stores;
  }

  get objectStoreNames() {
    return this.stores;
  }

  /** @param {string} name */
  objectStore(name) {
    const rows = this.db.database.stores.get(name);
    if (rows === undefined) throw new DOMException(`there is no store ${name}`, "NotFoundError");
    return new IDBObjectStore(this, name, rows);
  }

  commit() {
    if (this.phase !== "active") throw new DOMException("the transaction is not active", "InvalidStateError");
    this.phase = "inactive";
  }

  abort() {
    this.db.database.abort(this, null);
  }

  /**
   * @param {unknown} source
   * @param {() => unknown} act
   */
  ask(source, act) {
    if (this.phase !== "active") throw new DOMException("the transaction is not active", "TransactionInactiveError");
    const request = new IDBRequest();
    request.source = source;
    request.transaction = this;
    this.queue.push({ request, act });
    return request;
  }
}

export class IDBObjectStore {
  keyPath = null;
  autoIncrement = false;
  /** @type {string[]} */ indexNames = [];
  #rows;

  /**
   * @param {IDBTransaction} transaction
   * @param {string} name
   * @param {import("./rows.js").Rows} rows
   */
  constructor(transaction, name, rows) {
    this.transaction = transaction;
    this.name = name;
    this.#rows = rows;
  }

  /** @param {Key} key */
  get(key) {
    return this.#ask(() => structuredClone(this.#rows.get(key)));
  }

  /**
   * @param {IDBKeyRange | Key | null} [query]
   * @param {number} [count]
   */
  getAll(query, count) {
    return this.#ask(() => this.#select(query, count).map((key) => structuredClone(this.#rows.get(key))));
  }

  /**
   * @param {IDBKeyRange | Key | null} [query]
   * @param {number} [count]
   */
  getAllKeys(query, count) {
    return this.#ask(() => this.#select(query, count));
  }

  /**
   * @param {unknown} value
   * @param {Key} key
   */
  add(value, key) {
    const kept = structuredClone(value);
    return this.#write(() => {
      if (this.#rows.has(key)) throw new DOMException("the key is taken", "ConstraintError");
      this.transaction.undo.push(this.#rows.set(key, kept));
      return key;
    });
  }

  /**
   * @param {unknown} value
   * @param {Key} key
   */
  put(value, key) {
    const kept = structuredClone(value);
    return this.#write(() => {
      this.transaction.undo.push(this.#rows.set(key, kept));
      return key;
    });
  }

  /** @param {IDBKeyRange | Key} query */
  delete(query) {
    return this.#write(() => this.#select(query).forEach((key) => this.transaction.undo.push(this.#rows.delete(key))));
  }

  /**
   * @param {IDBKeyRange | Key | null} [query]
   * @param {number} [count]
   */
  #select(query, count) {
    const holds = query instanceof IDBKeyRange ? query.includes.bind(query) : (/** @type {Key} */ key) => query == null || key === query;
    const keys = this.#rows.keys(holds);
    return count === undefined || count === 0 ? keys : keys.slice(0, count);
  }

  /** @param {() => unknown} act */
  #ask(act) {
    return this.transaction.ask(this, act);
  }

  /** @param {() => unknown} act */
  #write(act) {
    if (this.transaction.mode === "readonly") throw new DOMException("the transaction only reads", "ReadOnlyError");
    return this.#ask(act);
  }
}

export class IDBKeyRange {
  /**
   * @param {Key | undefined} lower
   * @param {Key | undefined} upper
   * @param {boolean} lowerOpen
   * @param {boolean} upperOpen
   */
  constructor(lower, upper, lowerOpen, upperOpen) {
    Object.assign(this, { lower, upper, lowerOpen, upperOpen });
    this.isAbove = (/** @type {Key} */ key) => lower === undefined || isBefore(lower, key) || (!lowerOpen && key === lower);
    this.isBelow = (/** @type {Key} */ key) => upper === undefined || isBefore(key, upper) || (!upperOpen && key === upper);
  }

  /** @param {Key} key */
  includes(key) {
    return this.isAbove(key) && this.isBelow(key);
  }

  /**
   * @param {Key} lower
   * @param {boolean} [isOpen]
   */
  static lowerBound(lower, isOpen = false) {
    return new IDBKeyRange(lower, undefined, isOpen, true);
  }

  /**
   * @param {Key} upper
   * @param {boolean} [isOpen]
   */
  static upperBound(upper, isOpen = false) {
    return new IDBKeyRange(undefined, upper, true, isOpen);
  }
}
