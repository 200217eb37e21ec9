// @ts-check
// How a time is taken: a stopwatch, and quiet before it starts. Knows no case.

/** How long nothing is asked of a database before something is measured: what it does by itself is over then. */
const QUIET = 150;

/**
 * How long something takes, in milliseconds, and what came out.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<{ms: number, value: T}>}
 */
export async function stopwatch(work) {
  const began = performance.now();
  const value = await work();
  return { ms: performance.now() - began, value };
}

/** Collects garbage where the browser lets us, and waits. */
export async function quiet() {
  await pause(QUIET);
  /** @type {{gc?: () => void}} */ (globalThis).gc?.();
  await pause(QUIET / 3);
}

/** @param {number} ms */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * A measure of something that did not do its work is worth nothing.
 * @param {boolean} holds
 * @param {string} what
 */
export function check(holds, what) {
  if (!holds) {
    throw new Error(`does not hold: ${what}`);
  }
}
