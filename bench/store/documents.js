// @ts-check
// The documents that both sides store: the same ones for the same seed. Stores none.

/**
 * @typedef {object} Todo
 * @property {string} id
 * @property {string} title
 * @property {boolean} done
 * @property {string} dueDate one of `DAYS` days
 * @property {string} notes of 135 characters
 * @property {string[]} tags
 * @property {number} priority from 1 to 5
 * @property {number} updatedAt milliseconds since 1970
 */

/** How many different due dates there are: a day has a hundredth of all documents. */
export const DAYS = 100;

const NOTES = 135;
const TAGS = ["home", "work", "garden", "errand", "phone", "urgent", "later", "money"];
const WORDS =
  "call the plumber about hot water and ask when somebody can come round before we leave for three weeks in June with both children".split(" ");

/**
 * A stream of numbers from 0 to 1 that is the same for the same seed (a linear congruential generator with the constants of
 * Numerical Recipes, of which only the upper bits are used).
 * @param {number} seed
 */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** @param {number} number */
export function idOf(number) {
  return `todo-${String(number).padStart(6, "0")}`;
}

/** @param {number} day */
export function dayOf(day) {
  return new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10);
}

/**
 * Documents with consecutive ids.
 * @param {number} count
 * @param {number} [first] the number of the first one
 * @returns {Todo[]}
 */
export function documents(count, first = 0) {
  const next = chance(first + 1);
  return Array.from({ length: count }, (_, place) => document(first + place, next));
}

/**
 * @param {number} number
 * @param {() => number} next
 * @returns {Todo}
 */
function document(number, next) {
  const pick = (/** @type {readonly string[]} */ from) => /** @type {string} */ (from[Math.floor(next() * from.length)]);
  let notes = "";
  while (notes.length < NOTES) {
    notes += `${pick(WORDS)} `;
  }
  return {
    id: idOf(number),
    title: `${pick(WORDS)} ${pick(WORDS)}`,
    done: next() < 0.3,
    dueDate: dayOf(number % DAYS),
    notes: notes.slice(0, NOTES),
    tags: [pick(TAGS), pick(TAGS), pick(TAGS)],
    priority: 1 + Math.floor(next() * 5),
    updatedAt: 1_767_225_600_000 + number,
  };
}

/**
 * So many different numbers below a bound, in no order.
 * @param {number} count
 * @param {number} bound
 * @param {number} seed
 */
export function randomNumbers(count, bound, seed) {
  const next = chance(seed);
  /** @type {Set<number>} */
  const numbers = new Set();
  while (numbers.size < Math.min(count, bound)) {
    numbers.add(Math.floor(next() * bound));
  }
  return [...numbers];
}
