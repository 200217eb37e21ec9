// @ts-check
// Decides what becomes of a call that a client asks again, because the background ended before it answered. Asks nobody.
//
// A client cannot know whether such a call happened. Three things answer it:
//
// 1. What was asked in this life of the background is remembered with its outcome, whoever the port belonged to by then.
//    Not remembered, it never arrived.
// 2. What was asked in an earlier life is looked for in the database. Clients make ids of documents before they send them, so
//    that an edit names its record and what becomes of it: where the record is as the edit leaves it, the edit has happened,
//    or there is nothing left for it to do. A batch is one commit: it has happened where all of its edits have.
// 3. Where the record is otherwise, the edit has not happened, unless somebody edited the record between that commit and
//    this look. That is possible only where it was edited since the background began, or where it was asked so long ago that
//    other lives lie in between: then nobody can know, doing it again could undo what others did on top of it, and the
//    caller is told so, instead of either.
//
// Reads are asked again, and so is what comes to the same when it is done twice.

/** Milliseconds in which nobody but the client's own background can have been there. */
export const RECENT = 30_000;

/** @typedef {import("../index.js").Json} Json */
/** @typedef {{kind: "put", doc: any} | {kind: "update", patch: any} | {kind: "delete"}} Edit */
/** @typedef {"ask" | "done" | "in-doubt"} Verdict */

/**
 * What is known of edits that are asked again.
 * @typedef {object} Known
 * @property {number} askedAt milliseconds since 1970, as all times here
 * @property {number} bornAt when this life of the background began
 * @property {number} now
 * @property {readonly {edit: Edit, seen: any, isTouched: boolean}[]} edits each with the document that is there, and whether
 *   anybody else edited it since the background began
 */

/**
 * What becomes of edits, all or none.
 * @param {Known} known
 * @returns {Verdict}
 */
export function decideEdits({ askedAt, bornAt, now, edits }) {
  if (askedAt >= bornAt) return "ask";
  if (edits.every(({ edit, seen }) => hasHappened(edit, seen))) return "done";
  return edits.some(({ isTouched }) => isTouched) || now - askedAt > RECENT ? "in-doubt" : "ask";
}

/**
 * What becomes of a decision about something that waits for one (a parked change, a conflict): decided, it waits no more.
 * @param {{askedAt: number, bornAt: number, isWaiting: boolean}} known
 * @returns {Verdict}
 */
export function decideWaiting({ askedAt, bornAt, isWaiting }) {
  return askedAt >= bornAt || isWaiting ? "ask" : "done";
}

/**
 * What becomes of that which is not the same done twice.
 * @param {{askedAt: number, bornAt: number}} known
 * @returns {Verdict}
 */
export function decideOnce({ askedAt, bornAt }) {
  return askedAt >= bornAt ? "ask" : "in-doubt";
}

/**
 * Whether a document is as an edit leaves it.
 * @param {Edit} edit
 * @param {any} seen undefined: there is none
 */
export function hasHappened(edit, seen) {
  switch (edit.kind) {
    case "put":
      return isSame(edit.doc, seen);
    case "update":
      return seen !== undefined && isPatched(seen, edit.patch);
    default:
      return seen === undefined;
  }
}

/**
 * Whether a merge patch (RFC 7396) leaves a value as it is.
 * @param {any} value
 * @param {any} patch
 * @returns {boolean}
 */
function isPatched(value, patch) {
  if (!isObject(patch)) return isSame(patch, value);
  if (!isObject(value)) return false;
  return Object.entries(patch).every(([name, part]) => {
    if (name === "id" || part === undefined) return true;
    return part === null ? value[name] === undefined : value[name] !== undefined && isPatched(value[name], part);
  });
}

/**
 * Whether two JSON values say the same.
 * @param {any} one
 * @param {any} other
 * @returns {boolean}
 */
function isSame(one, other) {
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one).filter((name) => one[name] !== undefined);
  const others = Object.keys(other).filter((name) => other[name] !== undefined);
  return names.length === others.length && names.every((name) => isSame(one[name], other[name]));
}

/** @param {any} value */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
