// @ts-check
// The limits: what no client can do without, written by hand on the same server. Uses nothing of ours.

import { check, stopwatch } from "../store/measure.js";

/** @typedef {import("../server.mjs").Account} Account */

/** Records in one page of a pull. */
const PAGE = 1_000;

/**
 * All records fetched page by page, each page parsed and put into IndexedDB as one blob of bytes before the next is asked for.
 * @param {Account} account
 * @param {number} count how many records there are
 */
export async function firstSync(account, count) {
  const name = "limit";
  const database = await openDatabase(name);
  const { ms } = await stopwatch(async () => {
    let [cursor, found, more] = [/** @type {string | null} */ (null), 0, true];
    while (more) {
      const collections = { [account.collection]: { cursor } };
      const bytes = await ask(account, "/v1/pull", JSON.stringify({ collections, limit: PAGE }));
      const page = JSON.parse(new TextDecoder().decode(bytes)).collections[account.collection];
      await put(database, bytes);
      found += page.records.length;
      ({ cursor, more } = page);
    }
    check(found === count, "all records came");
  });
  database.close();
  indexedDB.deleteDatabase(name);
  return ms;
}

/**
 * One push of all documents, awaited.
 * @param {Account} account
 * @param {readonly {id: string}[]} docs
 */
export async function push(account, docs) {
  const { ms } = await stopwatch(async () => {
    const changes = docs.map((doc) => {
      return { id: crypto.randomUUID(), collection: account.collection, record: doc.id, op: "put", base: null, data: doc, editedAt: Date.now() };
    });
    const bytes = await ask(account, "/v1/push", JSON.stringify({ device: "by-hand", changes }));
    const { results } = JSON.parse(new TextDecoder().decode(bytes));
    check(results.every((/** @type {any} */ { status }) => status === "applied"), "all were taken");
  });
  return ms;
}

/**
 * @param {Account} account
 * @param {string} path
 * @param {string} body
 */
async function ask({ url, token }, path, body) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(`${url}${path}`, { method: "POST", headers, body });
  check(response.status === 200, `${path} is answered`);
  return response.arrayBuffer();
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function openDatabase(name) {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => void opening.result.createObjectStore("pages", { autoIncrement: true });
  return new Promise((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

/** @param {IDBDatabase} database @param {ArrayBuffer} blob */
function put(database, blob) {
  const transaction = database.transaction("pages", "readwrite");
  transaction.objectStore("pages").add(blob);
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(undefined);
    transaction.onabort = () => reject(transaction.error);
  });
}
