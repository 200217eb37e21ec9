// @ts-check
// Begins to open a database while the core is still loading: the connection, and what the core reads first. Writes nothing but the
// empty object stores of a database that is new. What fails here fails again in the core, which says why.

// As in src/idb/schema.rs; docs/storage.md says why they never change.
const VERSION = 1;
const LOG = "log";
const META = "meta";
const PAGES = "pages";
const HEAD = "head";
const DIRECTORY = "directory";

/** Pages that are read ahead. Of a larger database the first read mostly takes one, and reading all delays that. */
const MAX_PAGES = 4;
/** How long the core waits for what was begun, in milliseconds: whoever stands behind a deletion is told nothing. */
const PATIENCE = 1_000;

/**
 * A connection, and rows as of one moment.
 * @typedef {object} Begun
 * @property {IDBDatabase} database
 * @property {unknown} head
 * @property {unknown} directory
 * @property {IDBValidKey[]} numbers of the entries
 * @property {unknown[]} entries
 * @property {IDBValidKey[]} ids of the pages; none, where they are many
 * @property {unknown[]} pages
 */

export class Beginning {
  #isOver = false;
  /** @type {IDBDatabase | undefined} */
  #database;
  #begun;

  /** @param {string} name */
  constructor(name) {
    this.#begun = this.#open(name).catch(() => undefined);
  }

  /**
   * What was begun, if there is anything. Whoever takes it closes it.
   * @returns {Promise<Begun | undefined>}
   */
  async take() {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(() => resolve(undefined), PATIENCE)));
    const begun = await Promise.race([this.#begun, late]);
    clearTimeout(timer);
    if (begun === undefined || this.#isOver) {
      this.end();
      return undefined;
    }
    return begun;
  }

  /** Closes the connection. */
  end() {
    this.#isOver = true;
    this.#database?.close();
  }

  /** @param {string} name */
  async #open(name) {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => [LOG, META, PAGES].forEach((store) => request.result.createObjectStore(store));
    const database = await answer(request);
    this.#database = database;
    // Until the core has it, whoever deletes or upgrades the database waits for nobody here.
    database.onversionchange = database.onclose = () => this.end();
    if (this.#isOver) {
      this.end();
      return undefined;
    }
    return read(database);
  }
}

/**
 * @param {IDBDatabase} database
 * @returns {Promise<Begun>}
 */
async function read(database) {
  const transaction = database.transaction([LOG, META, PAGES]);
  const [log, meta, stored] = [transaction.objectStore(LOG), transaction.objectStore(META), transaction.objectStore(PAGES)];
  const rows = Promise.all([answer(meta.get(HEAD)), answer(meta.get(DIRECTORY)), answer(log.getAllKeys()), answer(log.getAll())]);
  const some = await answer(stored.getAllKeys(null, MAX_PAGES + 1));
  const ids = some.length > MAX_PAGES ? [] : some;
  const pages = ids.length > 0 ? await answer(stored.getAll()) : [];
  const [head, directory, numbers, entries] = await rows;
  return { database, head, directory, numbers, entries, ids, pages };
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = (event) => {
      // Nobody else is to hear of it: the core meets it again.
      event.preventDefault();
      reject(request.error);
    };
  });
}
