// @ts-check
// The other side: IndexedDB written by hand, as one who knows it well would. Uses nothing of ours.

/** @typedef {import("./documents.js").Todo} Todo */
/** @typedef {import("./sides.js").Store} Store */

const STORE = "todos";
const BY_DUE_DATE = "dueDate";

/** @type {import("./sides.js").Side["open"]} */
export async function open(name) {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(STORE, { keyPath: "id" }).createIndex(BY_DUE_DATE, "dueDate");
  };
  const database = await answer(opening);
  const reading = () => database.transaction(STORE).objectStore(STORE);

  /**
   * One transaction: its promise resolves when it completed.
   * @param {(store: IDBObjectStore) => void} write
   */
  const writing = (write) => {
    const transaction = database.transaction(STORE, "readwrite");
    write(transaction.objectStore(STORE));
    return completion(transaction);
  };

  /** @type {(() => Promise<void>) | undefined} */
  let refresh;
  /** @type {Store["put"]} */
  const put = async (doc) => {
    await writing((store) => store.put(doc));
    await refresh?.();
  };

  return {
    putAll: (docs) => writing((store) => docs.forEach((doc) => store.put(doc))),
    put,
    updateAll: (patches) =>
      writing((store) => {
        for (const [id, patch] of patches) {
          const found = store.get(id);
          found.onsuccess = () => store.put({ ...found.result, ...patch });
        }
      }),
    get: (id) => answer(reading().get(id)),
    list: () => answer(reading().getAll()),
    dueOn: (day) => answer(reading().index(BY_DUE_DATE).getAll(day)),
    openOf: async (priority) => {
      const all = /** @type {Todo[]} */ (await answer(reading().getAll()));
      return all.filter((doc) => doc.priority === priority && !doc.done);
    },
    // Everything is read once, and each answer made of it.
    watch: async (watched, tell) => {
      /** @type {Todo[][]} */
      let answers = [];
      refresh = async () => {
        const all = /** @type {Todo[]} */ (await answer(reading().getAll()));
        answers = watched.map(({ priority, since }) =>
          all.filter((doc) => doc.priority === priority && doc.updatedAt >= since).sort((one, other) => other.updatedAt - one.updatedAt),
        );
        answers.forEach(tell);
      };
      await refresh();
    },
    close: async () => database.close(),
  };
}

/** @type {import("./sides.js").Side["destroy"]} */
export async function destroy(name) {
  await answer(indexedDB.deleteDatabase(name));
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {IDBTransaction} transaction
 * @returns {Promise<void>}
 */
function completion(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
