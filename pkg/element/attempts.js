// @ts-check
/**
 * Makes a history of attempts to sync out of what a client says. Reads no clock and draws nothing.
 */

/** @typedef {import("../index.js").Status} Status */
/** @typedef {import("../index.js").SyncReport} SyncReport */
/** @typedef {"running" | "done" | "attention" | "failed"} Outcome `attention`: it left something to decide. */
/**
 * One attempt. Times are milliseconds since 1970; `pushed` and `pulled` are null where another context synced, which tells no numbers.
 * @typedef {{ id: string, startedAt: number, endedAt: number | null, outcome: Outcome, pushed: number | null, pulled: number | null, code: string | null, message: string | null }} Attempt
 */

/** Attempts that are kept. */
const KEPT = 200;
/** Milliseconds after the status within which the report of the same attempt arrives. */
const BESIDE = 1000;

export class Attempts {
  /** @type {Attempt[]} */
  #all = [];
  #count = 0;
  /** Whether the last attempt has had its report or error. */
  #isTold = true;

  /** Oldest first. @returns {readonly Attempt[]} */
  get all() {
    return this.#all;
  }

  /**
   * @param {Pick<Status, "state" | "error">} status
   * @param {number} now
   */
  handleStatus({ state, error }, now) {
    const last = this.#last();
    const isRunning = last?.outcome === "running";
    if (state === "syncing" && !isRunning) this.#begin(now);
    if (state === "syncing" || !last || !isRunning) return;
    const isFailed = error !== null && error.at >= last.startedAt;
    this.#end(last, now, isFailed ? "failed" : "done", isFailed ? error : null);
    this.#isTold = false;
  }

  /**
   * @param {SyncReport} report
   * @param {number} now
   */
  handleReport(report, now) {
    const { pushed, pulled, conflicts, resolved, parked, durationMs } = report;
    const attempt = this.#told(now, durationMs);
    this.#end(attempt, attempt.endedAt ?? now, conflicts > resolved || parked > 0 ? "attention" : "done", null);
    Object.assign(attempt, { pushed, pulled });
  }

  /**
   * @param {{ code: string, message: string }} error
   * @param {number} now
   */
  handleError(error, now) {
    const attempt = this.#told(now, 0);
    this.#end(attempt, attempt.endedAt ?? now, "failed", error);
  }

  /**
   * The attempt that a report is about: the one under way, the one whose status has just said its end, else one of its own.
   * @param {number} now
   * @param {number} duration
   */
  #told(now, duration) {
    const last = this.#last();
    const isBeside = last?.outcome === "running" || (!this.#isTold && now - (last?.endedAt ?? 0) <= BESIDE);
    this.#isTold = true;
    return last && isBeside ? last : this.#begin(now - duration);
  }

  #last() {
    return this.#all.at(-1);
  }

  /** @param {number} startedAt */
  #begin(startedAt) {
    this.#count += 1;
    /** @type {Attempt} */
    const attempt = { id: String(this.#count), startedAt, endedAt: null, outcome: "running", pushed: null, pulled: null, code: null, message: null };
    this.#all = [...this.#all, attempt].slice(-KEPT);
    return attempt;
  }

  /**
   * @param {Attempt} attempt
   * @param {number} endedAt
   * @param {Outcome} outcome
   * @param {{ code: string, message: string } | null} error
   */
  #end(attempt, endedAt, outcome, error) {
    Object.assign(attempt, { endedAt, outcome, code: error?.code ?? null, message: error?.message ?? null });
  }
}
