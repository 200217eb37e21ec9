// @ts-check
// What is subscribed to as an async iterator, of which a slow reader is given the latest only. Knows nothing of queries.

/**
 * @template T
 * @param {(listener: (value: T) => void) => () => void} subscribe
 * @returns {AsyncGenerator<T, void, void>}
 */
export async function* iterate(subscribe) {
  /** @type {T[]} */
  const waiting = [];
  let wake = () => {};
  const stop = subscribe((value) => {
    waiting.splice(0, 1, value);
    wake();
  });
  try {
    for (;;) {
      if (waiting.length === 0) {
        await /** @type {Promise<void>} */ (new Promise((resolve) => (wake = resolve)));
      }
      yield* waiting.splice(0);
    }
  } finally {
    stop();
  }
}
