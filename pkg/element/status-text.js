// @ts-check
/**
 * Puts a status into words: a label, a sentence, facts. Pure but for the language it is given.
 */
import { ENGLISH } from "./words.js";

/** @typedef {import("../index.js").Status} Status */

/**
 * The text beside the icon.
 * @param {Status} status
 * @param {number} now milliseconds since 1970
 * @param {import("./words.js").Words} [words]
 */
export function label(status, now, words = ENGLISH) {
  const { state, pending: count, progress, lastSyncedAt } = status;
  if (state === "offline" && count > 0) return words.say("state.offline-pending", { count });
  if (state === "synced" && lastSyncedAt !== null) return words.say("state.synced-ago", { ago: words.ago(lastSyncedAt, now) });
  if (state === "syncing" && progress && progress.done > 0) {
    const { done, total } = progress;
    return total === null ? words.say("state.syncing-some", { done }) : words.say("state.syncing-of", { done, total });
  }
  return words.say(`state.${state}`, { count });
}

/**
 * A whole sentence, without what changes by the second.
 * @param {Status} status
 * @param {import("./words.js").Words} words
 */
export function sentence({ state, pending: count }, words) {
  return words.say(state === "offline" && count > 0 ? "sentence.offline-pending" : `sentence.${state}`, { count });
}

/**
 * What else there is to know, a line each.
 * @param {Status} status
 * @param {number} now
 * @param {import("./words.js").Words} words
 */
export function facts(status, now, words) {
  const { state, pending, parked, conflicts, progress, lastSyncedAt, nextSyncAt } = status;
  const lines = [];
  if (progress) {
    const { phase, done, total } = progress;
    lines.push(total === null ? words.say(`fact.progress-${phase}`, { done }) : words.say(`fact.progress-${phase}-of`, { done, total }));
  }
  if (pending > 0 && state !== "pending" && state !== "offline") lines.push(words.say("sentence.pending", { count: pending }));
  if (parked > 0) lines.push(words.say("fact.parked", { count: parked }));
  if (conflicts > 0) lines.push(words.say("fact.conflicts", { count: conflicts }));
  if (lastSyncedAt !== null) lines.push(words.say("fact.synced", { time: words.moment(lastSyncedAt, now) }));
  if (nextSyncAt !== null && nextSyncAt > now) lines.push(words.say("fact.next", { time: words.moment(nextSyncAt, now) }));
  return lines;
}

/**
 * What is wrong, in words for a user; nothing where all is well.
 * @param {Status} status
 * @param {string | null} problem the key that `wayOut` gives
 * @param {import("./words.js").Words} words
 */
export function problemText(status, problem, words) {
  if (problem === null) return "";
  const { error, conflicts, parked } = status;
  const count = problem === "fact.conflicts" ? conflicts : parked;
  return words.say(problem, { count, message: error?.message ?? "", collection: error?.collection ?? "" });
}
