// @ts-check
/**
 * The arithmetic of focus: a timer that is paused and resumed, what it leaves behind, and minutes by day.
 * Pure: the time is given, in milliseconds since 1970, and nothing is stored or shown.
 */
import { addDays, dayOf } from "../js/days.js";

/**
 * The period under way; times in milliseconds.
 * @typedef {object} Timer
 * @property {string} period The id of the record that it leaves behind: whoever ends it, and were it two at once, writes the same one.
 * @property {number} startedAt
 * @property {number} minutes
 * @property {number | null} pausedAt
 * @property {number} paused For how long it was paused in all.
 */
/** @typedef {import("../js/model.js").Focus} Focus */

/** Minutes that a period may have. */
export const LENGTHS = [15, 25, 50];
export const DEFAULT_LENGTH = 25;
const MINUTE = 60_000;

/**
 * @param {number} minutes
 * @param {number} now
 * @param {string} period
 * @returns {Timer}
 */
export function begun(minutes, now, period) {
  return { period, startedAt: now, minutes, pausedAt: null, paused: 0 };
}

/** @param {Timer} timer @param {number} now */
export function pausedAt(timer, now) {
  return timer.pausedAt === null ? { ...timer, pausedAt: now } : timer;
}

/** @param {Timer} timer @param {number} now */
export function resumedAt(timer, now) {
  return timer.pausedAt === null ? timer : { ...timer, pausedAt: null, paused: timer.paused + Math.max(0, now - timer.pausedAt) };
}

/**
 * Milliseconds worked, never more than the period has. A clock that was set back counts as no time.
 * @param {Timer} timer
 * @param {number} now
 */
function worked(timer, now) {
  return Math.min(timer.minutes * MINUTE, Math.max(0, (timer.pausedAt ?? now) - timer.startedAt - timer.paused));
}

/** Milliseconds left. @param {Timer} timer @param {number} now */
export function left(timer, now) {
  return timer.minutes * MINUTE - worked(timer, now);
}

/** When it ends; null while it is paused. @param {Timer} timer */
export function endOf(timer) {
  return timer.pausedAt === null ? timer.startedAt + timer.paused + timer.minutes * MINUTE : null;
}

/**
 * The record of a timer that ends now. Null: less than a minute is not worth one.
 * @param {Timer} timer
 * @param {number} now
 * @returns {Focus | null}
 */
export function outcome(timer, now) {
  const minutes = Math.floor(worked(timer, now) / MINUTE);
  if (minutes < 1) return null;
  const endedAt = Math.min(timer.pausedAt ?? now, endOf(timer) ?? now);
  return { id: timer.period, startedAt: timer.startedAt, endedAt, minutes };
}

/**
 * Minutes and seconds, as a clock shows them; the last second lasts until it is over.
 * @param {number} milliseconds
 */
export function clock(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

/**
 * Minutes of each of the last days, the earliest first.
 * @param {readonly Focus[]} periods
 * @param {string} today
 * @param {number} count
 */
export function perDay(periods, today, count) {
  const days = new Map(Array.from({ length: count }, (_, index) => [addDays(today, index - count + 1), 0]));
  for (const { startedAt, minutes } of periods) {
    const day = dayOf(new Date(startedAt));
    const sum = days.get(day);
    if (sum !== undefined) days.set(day, sum + minutes);
  }
  return [...days].map(([day, minutes]) => ({ day, minutes }));
}

/**
 * A span as one would say it.
 * @param {number} minutes
 */
export function spanText(minutes) {
  const hours = Math.floor(minutes / 60);
  return [hours > 0 && `${hours} h`, (minutes % 60 > 0 || hours === 0) && `${minutes % 60} min`].filter(Boolean).join(" ");
}
