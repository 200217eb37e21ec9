// @ts-check
/**
 * Decides where everything in the time line of attempts goes: time to the right, how long it took upwards, what was moved
 * below. Pure; draws nothing.
 */

/** @typedef {import("./attempts.js").Attempt} Attempt */
/** @typedef {{ attempt: Attempt, x: number, y: number, width: number, up: number, down: number }} Mark `up` and `down` are the heights of what was sent and received. */

/** Milliseconds that the time line spans at least. */
const SPAN = 15_000;
/** Room for the numbers at the left, and for the end of the last mark at the right. */
const [LEFT, RIGHT] = [52, 12];
/** Where the upper part begins and ends, and half the height of the lower part. */
const [TOP, FLOOR, MOVED] = [12, 112, 24];
/** The line between what was sent and what was received. */
const MIDDLE = FLOOR + 12 + MOVED;
/** Pixels below which there is no room for a time in the middle. */
const NARROW = 420;
/** A line for each power of ten. */
const DECADES = [10, 100, 1000, 10_000, 100_000];

/** Pixels from top to bottom, with a line of times at the foot. */
export const HEIGHT = MIDDLE + MOVED + 24;

/**
 * @param {readonly Attempt[]} attempts oldest first
 * @param {number} now
 * @param {number} width in pixels
 */
export function chartLayout(attempts, now, width) {
  const from = Math.min(attempts[0]?.startedAt ?? now, now - SPAN);
  const xOf = (/** @type {number} */ at) => LEFT + ((at - from) / (now - from)) * (width - LEFT - RIGHT);
  const durations = attempts.map(({ startedAt, endedAt }) => (endedAt ?? now) - startedAt);
  const highest = DECADES.find((decade) => decade >= Math.max(1000, ...durations)) ?? Math.max(...durations);
  const yOf = (/** @type {number} */ duration) => {
    const share = Math.log10(Math.max(1, duration)) / Math.log10(highest);
    return FLOOR - Math.min(1, share) * (FLOOR - TOP);
  };
  const most = Math.max(1, ...attempts.flatMap(({ pushed, pulled }) => [pushed ?? 0, pulled ?? 0]));
  // Ten records beside ten thousand are to be seen too.
  const heightOf = (/** @type {number | null} */ count) => (count ? Math.max(2, (Math.log2(1 + count) / Math.log2(1 + most)) * MOVED) : 0);
  const marks = attempts.map((attempt, index) => {
    const [x, end] = [xOf(attempt.startedAt), xOf(attempt.endedAt ?? now)];
    return { attempt, x, y: yOf(durations[index] ?? 0), width: end - x, up: heightOf(attempt.pushed), down: heightOf(attempt.pulled) };
  });
  const lines = DECADES.filter((decade) => decade <= highest).map((duration) => ({ duration, y: yOf(duration) }));
  const times = (width < NARROW ? [from, now] : [from, (from + now) / 2, now]).map((at) => ({ at, x: xOf(at) }));
  return { width, height: HEIGHT, left: LEFT, right: width - RIGHT, floor: FLOOR, middle: MIDDLE, marks, lines, times };
}
