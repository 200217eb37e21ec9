// @ts-check
/**
 * Compares the three documents of a conflict field by field, and makes one document of a choice for each. Pure.
 */

/** @typedef {import("../index.js").Json} Json */
/** @typedef {"local" | "remote"} Side */
/**
 * A field of any of the three. What is undefined is not there.
 * @typedef {{ readonly field: string, readonly base?: Json, readonly local?: Json, readonly remote?: Json, readonly changed: "no" | Side | "both" | "alike" }} Difference
 */
/** @typedef {{ readonly [field: string]: Json } | null} Doc */

/**
 * Every field, in the order in which the local document has them, then the others.
 * @param {{ base: Doc, local: Doc, remote: Doc }} conflict
 * @returns {Difference[]}
 */
export function differences({ base, local, remote }) {
  const fields = new Set([local, remote, base].flatMap((doc) => Object.keys(doc ?? {})));
  return [...fields].map((field) => {
    const [before, here, there] = [base?.[field], local?.[field], remote?.[field]];
    return { field, base: before, local: here, remote: there, changed: changed(before, here, there) };
  });
}

/**
 * @param {Json | undefined} base
 * @param {Json | undefined} local
 * @param {Json | undefined} remote
 */
function changed(base, local, remote) {
  const [isHere, isThere] = [!isEqual(base, local), !isEqual(base, remote)];
  if (isHere && isThere) return isEqual(local, remote) ? "alike" : "both";
  return isHere ? "local" : isThere ? "remote" : "no";
}

/**
 * Which side a field comes from before anybody chooses: the one that edited it, else the later edit.
 * @param {Difference} difference
 * @param {{ localEditedAt: number, remoteEditedAt: number }} conflict
 * @returns {Side}
 */
export function likely({ changed }, { localEditedAt, remoteEditedAt }) {
  if (changed === "both") return remoteEditedAt > localEditedAt ? "remote" : "local";
  return changed === "remote" ? "remote" : "local";
}

/**
 * The document that takes each field from one side.
 * @param {readonly Difference[]} differences
 * @param {(difference: Difference) => Side} sideOf
 * @returns {{ [field: string]: Json }}
 */
export function merged(differences, sideOf) {
  const fields = differences.map((difference) => /** @type {const} */ ([difference.field, difference[sideOf(difference)]]));
  return Object.fromEntries(fields.flatMap(([field, value]) => (value === undefined ? [] : [[field, value]])));
}

/**
 * Whether two values are the same JSON, in whatever order their fields are.
 * @param {Json | undefined} one
 * @param {Json | undefined} other
 * @returns {boolean}
 */
export function isEqual(one, other) {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [Object.entries(one), Object.entries(other)];
  return left.length === right.length && left.every(([field, value]) => Object.hasOwn(other, field) && isEqual(value, /** @type {any} */ (other)[field]));
}
