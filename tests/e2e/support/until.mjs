// @ts-check
// Waits for conditions and bounds every test. Knows nothing of browsers or servers.

import assert from "node:assert/strict";
import { test as nodeTest } from "node:test";

/** Milliseconds within which a change must show on another device (the requirement's own bound). */
export const TRAVEL = 30_000;
/** Milliseconds a test may take before it counts as hung. */
const LIMIT = 90_000;
const GLANCE = 25;

/**
 * A test that cannot hang.
 * @param {string} name
 * @param {(t: import("node:test").TestContext) => void | Promise<void>} run
 */
export function test(name, run) {
  // A runner that is given a callback's second parameter waits for it to be called.
  return nodeTest(name, { timeout: LIMIT }, (t) => run(t));
}

/** @param {number} milliseconds */
export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Looks again and again until there is a truthy answer, and gives it.
 * @template T
 * @param {string} what What is waited for, as the failure says it.
 * @param {() => T | Promise<T>} look
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, look) {
  const end = Date.now() + TRAVEL;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) assert.fail(`not within ${TRAVEL / 1000} s: ${what}`);
    await pause(GLANCE);
  }
}

/**
 * Looks until the answer equals what is expected; fails with the difference to the last one.
 * @template T
 * @param {() => T | Promise<T>} look
 * @param {T} expected
 */
export async function untilEqual(look, expected) {
  const end = Date.now() + TRAVEL;
  for (;;) {
    const seen = await look();
    try {
      assert.deepEqual(seen, expected);
      return;
    } catch (difference) {
      if (Date.now() > end) throw difference;
    }
    await pause(GLANCE);
  }
}
