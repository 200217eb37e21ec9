// @ts-check
// Looks over IndexedDB's shoulder: bytes written, and when compactions ran. Installed only where these are measured.

/** The object store that only compactions write to. */
const PAGES = "pages";

/**
 * @typedef {object} Seen
 * @property {number} bytes of the values written to any object store
 * @property {number} begun transactions that write, and have begun
 * @property {number} ended those of them that are over
 * @property {{begin: number, end: number}[]} compactions each one's transaction, by `performance.now()`: one that writes pages
 */

/**
 * Starts counting; what it returns goes on changing.
 * @returns {Seen}
 */
export function install() {
  /** @type {Seen} */
  const seen = { bytes: 0, begun: 0, ended: 0, compactions: [] };
  const { transaction } = IDBDatabase.prototype;
  const { add, put } = IDBObjectStore.prototype;
  /** @type {WeakSet<IDBTransaction>} */
  const compacting = new WeakSet();
  /** @type {any} */ (IDBDatabase.prototype).transaction = function (/** @type {any[]} */ ...given) {
    const made = transaction.apply(this, /** @type {any} */ (given));
    if (made.mode === "readwrite") {
      seen.begun += 1;
      const begin = performance.now();
      const over = () => {
        seen.ended += 1;
        if (compacting.has(made)) {
          seen.compactions.push({ begin, end: performance.now() });
        }
      };
      made.addEventListener("complete", over);
      made.addEventListener("abort", over);
    }
    return made;
  };
  /** @type {any} */ (IDBObjectStore.prototype).add = function (/** @type {any[]} */ ...given) {
    seen.bytes += sizeOf(given[0]);
    return add.apply(this, /** @type {any} */ (given));
  };
  /** @type {any} */ (IDBObjectStore.prototype).put = function (/** @type {any[]} */ ...given) {
    seen.bytes += sizeOf(given[0]);
    if (this.name === PAGES) {
      compacting.add(this.transaction);
    }
    return put.apply(this, /** @type {any} */ (given));
  };
  return seen;
}

/** @param {unknown} value */
function sizeOf(value) {
  return ArrayBuffer.isView(value) ? value.byteLength : JSON.stringify(value).length;
}
