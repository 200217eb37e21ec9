// @ts-check
// The disk of one device in memory: its databases, and their transactions one after the other, in the order in which they were
// begun. Survives the contexts that use it.

import { DiskEvent, IDBDatabase, IDBOpenDBRequest, IDBTransaction, IDBVersionChangeEvent, fire } from "./indexeddb.js";
import { Rows } from "./rows.js";

/** @typedef {import("./scope.js").Scope} Scope */

export class Disk {
  /** Whether commits that write fail for want of room. */
  isFull = false;
  /** @type {Map<string, Database>} */
  #databases = new Map();
  #clock;

  /** @param {import("./clock.js").Clock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * @param {Scope} scope
   * @param {string} name
   * @param {number} [version]
   */
  open(scope, name, version) {
    const request = new IDBOpenDBRequest();
    this.#named(name).request(() => this.#open(request, scope, name, version));
    return request;
  }

  /**
   * @param {Scope} scope
   * @param {string} name
   */
  delete(scope, name) {
    const request = new IDBOpenDBRequest();
    const database = this.#named(name);
    database.request(() => {
      const open = database.connections.filter(({ isClosed }) => !isClosed);
      open.forEach((connection) => tell(connection.scope, () => fire(new IDBVersionChangeEvent("versionchange", connection, database.version, null))));
      database.whenClosed(() => {
        this.#databases.delete(name);
        request.succeed(undefined);
        tell(scope, () => fire(new IDBVersionChangeEvent("success", request, database.version, null)));
        database.moveTo(this.#named(name));
      });
    });
    return request;
  }

  /**
   * Lets go of everything that a context which died had begun.
   * @param {Scope} scope
   */
  handleDeath(scope) {
    this.#databases.forEach((database) => database.handleDeath(scope));
  }

  /** @param {string} name */
  #named(name) {
    const database = this.#databases.get(name) ?? new Database(this, this.#clock, name);
    this.#databases.set(name, database);
    return database;
  }

  /**
   * @param {IDBOpenDBRequest} request
   * @param {Scope} scope
   * @param {string} name
   * @param {number} [version]
   */
  #open(request, scope, name, version) {
    const database = this.#named(name);
    if (scope.isDead) {
      database.nextRequest();
      return;
    }
    const connection = new IDBDatabase(database, scope);
    database.connections.push(connection);
    const succeed = () => {
      request.succeed(connection);
      tell(scope, () => fire(new DiskEvent("success", request)));
      database.nextRequest();
    };
    if (database.version > 0) {
      succeed();
      return;
    }
    database.version = version ?? 1;
    const upgrade = new IDBTransaction(connection, [], "versionchange");
    connection.upgrade = upgrade;
    request.succeed(connection);
    request.transaction = upgrade;
    upgrade.undo.push(() => void (database.version = 0));
    upgrade.whenOver = (how) => {
      connection.upgrade = request.transaction = null;
      if (how === "complete") {
        succeed();
        return;
      }
      connection.close();
      request.result = undefined;
      request.fail(new DOMException("the upgrade was undone", "AbortError"));
      tell(scope, () => fire(new DiskEvent("error", request)));
      database.nextRequest();
    };
    database.enqueue(upgrade);
    tell(scope, () => fire(new IDBVersionChangeEvent("upgradeneeded", request, 0, database.version)));
  }
}

/** One database: its stores, who has it open, and what is to be done in it. */
export class Database {
  version = 0;
  /** @type {Map<string, Rows>} */
  stores = new Map();
  /** @type {IDBDatabase[]} */
  connections = [];
  /** Openings and deletions, the first of them under way. @type {(() => void)[]} */
  #requests = [];
  /** The first of them under way. @type {IDBTransaction[]} */
  #transactions = [];
  /** @type {(() => void) | undefined} */
  #closed;
  #disk;
  #clock;

  /**
   * @param {Disk} disk
   * @param {import("./clock.js").Clock} clock
   * @param {string} name
   */
  constructor(disk, clock, name) {
    this.#disk = disk;
    this.#clock = clock;
    this.name = name;
  }

  /** @param {string} name */
  addStore(name) {
    this.stores.set(name, new Rows());
    return () => void this.stores.delete(name);
  }

  /** @param {() => void} begin */
  request(begin) {
    this.#requests.push(begin);
    if (this.#requests.length === 1) this.#clock.soon(begin);
  }

  nextRequest() {
    this.#requests.shift();
    const next = this.#requests[0];
    if (next !== undefined) this.#clock.soon(next);
  }

  /**
   * Hands what waits to the database that comes after this one.
   * @param {Database} other
   */
  moveTo(other) {
    this.#requests.slice(1).forEach((begin) => other.request(begin));
  }

  /** @param {() => void} then */
  whenClosed(then) {
    this.#closed = then;
    this.handleClosed();
  }

  handleClosed() {
    this.connections = this.connections.filter(({ isClosed }) => !isClosed);
    if (this.connections.length > 0 || this.#transactions.length > 0 || this.#closed === undefined) return;
    this.#clock.soon(this.#closed);
    this.#closed = undefined;
  }

  /** @param {Scope} scope */
  handleDeath(scope) {
    for (const transaction of [...this.#transactions]) {
      if (transaction.db.scope === scope && transaction.phase !== "over") this.abort(transaction, null);
    }
    this.connections.filter((connection) => connection.scope === scope).forEach((connection) => connection.close());
  }

  /** @param {IDBTransaction} transaction */
  enqueue(transaction) {
    this.#transactions.push(transaction);
    if (this.#transactions.length === 1) this.#clock.soon(() => this.#step(transaction));
  }

  /**
   * Takes back what a transaction wrote.
   * @param {IDBTransaction} transaction
   * @param {DOMException | null} error
   */
  abort(transaction, error) {
    if (transaction.phase === "over") throw new DOMException("the transaction is over", "InvalidStateError");
    transaction.phase = "over";
    transaction.error = error;
    transaction.undo.reverse().forEach((undo) => undo());
    for (const { request } of transaction.queue.splice(0)) {
      request.fail(new DOMException("the transaction was aborted", "AbortError"));
      tell(transaction.db.scope, () => fire(new DiskEvent("error", request)));
    }
    this.#end(transaction, "abort");
  }

  /**
   * Answers the next request of a transaction, or ends it.
   * @param {IDBTransaction} transaction
   */
  #step(transaction) {
    if (transaction.phase === "over") return;
    const asked = transaction.queue.shift();
    if (asked === undefined) {
      this.#commit(transaction);
      return;
    }
    const { request, act } = asked;
    let event = new DiskEvent("success", request);
    try {
      request.succeed(act());
    } catch (thrown) {
      event = new DiskEvent("error", request);
      request.fail(/** @type {DOMException} */ (thrown));
    }
    tell(transaction.db.scope, () => fire(event, ...(event.type === "error" ? [transaction, transaction.db] : [])));
    // What the event woke has asked for more by the time this runs.
    this.#clock.soon(() => {
      if (event.type === "error" && !event.defaultPrevented && transaction.phase !== "over") {
        this.abort(transaction, request.error);
      } else {
        this.#step(transaction);
      }
    });
  }

  /** @param {IDBTransaction} transaction */
  #commit(transaction) {
    if (this.#disk.isFull && transaction.mode === "readwrite" && transaction.undo.length > 0) {
      this.abort(transaction, new DOMException("the disk is full", "QuotaExceededError"));
      return;
    }
    transaction.phase = "over";
    this.#end(transaction, "complete");
  }

  /**
   * @param {IDBTransaction} transaction
   * @param {"abort" | "complete"} how
   */
  #end(transaction, how) {
    const isFirst = this.#transactions[0] === transaction;
    this.#transactions = this.#transactions.filter((other) => other !== transaction);
    const next = this.#transactions[0];
    if (isFirst && next !== undefined) this.#clock.soon(() => this.#step(next));
    this.#clock.soon(() => {
      tell(transaction.db.scope, () => fire(new DiskEvent(how, transaction), ...(how === "abort" ? [transaction.db] : [])));
      transaction.whenOver(how);
    });
    this.handleClosed();
  }
}

/**
 * Tells a context something, unless it is dead.
 * @param {Scope} scope
 * @param {() => void} say
 */
function tell(scope, say) {
  if (!scope.isDead) say();
}
