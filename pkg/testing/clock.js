// @ts-check
// Virtual time: tasks that run as soon as they can, one at a time, and timers that run when the clock is moved. Knows nothing of
// what they do.

// Taken from the module, so that a test runner's fake timers do not replace it.
import { setImmediate } from "node:timers";

import { invalidArgument } from "../errors.js";

/** How many empty turns mean that nothing is left to be done: promises of the platform take a turn or two of their own. */
const QUIET_TURNS = 4;

/** @typedef {{at: number, run: () => void}} Timer */

export class Clock {
  #now;
  /** @type {(() => void)[]} */
  #ready = [];
  /** In the order in which they run. @type {Timer[]} */
  #timers = [];

  /** @param {number} now */
  constructor(now) {
    this.#now = now;
  }

  /** Milliseconds since 1970. */
  get now() {
    return this.#now;
  }

  /**
   * Runs a task behind those that wait, when all promises before it have settled.
   * @param {() => void} task
   */
  soon(task) {
    this.#ready.push(task);
    if (this.#ready.length === 1) {
      setImmediate(() => this.#run());
    }
  }

  /**
   * Runs a task that many milliseconds from now. Gives a function that takes it back.
   * @param {number} delay
   * @param {() => void} task
   */
  after(delay, task) {
    let isWanted = true;
    const run = () => {
      if (isWanted) task();
    };
    if (!(delay > 0)) {
      this.soon(run);
      return () => void (isWanted = false);
    }
    const timer = { at: this.#now + delay, run };
    const behind = this.#timers.findLastIndex(({ at }) => at <= timer.at);
    this.#timers.splice(behind + 1, 0, timer);
    return () => {
      isWanted = false;
      const place = this.#timers.indexOf(timer);
      if (place >= 0) this.#timers.splice(place, 1);
    };
  }

  /** Resolves when nothing is left to be done at this moment. */
  async settle() {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#ready.length > 0) quiet = -1;
    }
  }

  /**
   * Moves the clock on: runs the timers that are due, in order, and lets each come to rest.
   * @param {number} milliseconds
   */
  async advance(milliseconds) {
    if (!(Number.isFinite(milliseconds) && milliseconds >= 0)) {
      throw invalidArgument("milliseconds", "must be a number, 0 or more");
    }
    const end = this.#now + milliseconds;
    do {
      await this.settle();
    } while (this.#next(end));
    this.#now = Math.max(this.#now, end);
  }

  /**
   * Moves the clock on, timer by timer, until a promise is settled or that many milliseconds have passed.
   * @param {Promise<unknown>} promise
   * @param {number} limit
   */
  async until(promise, limit) {
    let isSettled = false;
    const settled = () => void (isSettled = true);
    promise.then(settled, settled);
    const end = this.#now + limit;
    do {
      await this.settle();
    } while (!isSettled && this.#next(end));
  }

  /**
   * Runs the next timer, if it is due by then.
   * @param {number} end
   */
  #next(end) {
    const timer = this.#timers[0];
    if (timer === undefined || timer.at > end) return false;
    this.#timers.shift();
    this.#now = Math.max(this.#now, timer.at);
    this.soon(timer.run);
    return true;
  }

  #run() {
    const task = this.#ready.shift();
    // Each task in a turn of its own: what it wakes has run before the next.
    if (this.#ready.length > 0) {
      setImmediate(() => this.#run());
    }
    task?.();
  }
}
