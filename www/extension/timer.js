// @ts-check
/**
 * The focus timer of this device: started, paused, ended, and the alarm that wakes the background at its end. It outlives every
 * page; what it leaves behind is a record.
 * Counting is `focus.js`; nothing is shown here.
 */
import { begun, endOf, left, outcome, pausedAt, resumedAt } from "./focus.js";

/** @typedef {import("../js/model.js").Client} Client */
/** @typedef {import("../js/model.js").Focus} Focus */
/** @typedef {import("./focus.js").Timer} Timer */

/** The name of the alarm at the end of a period. */
export const ALARM = "focus";
const KEY = "timer";

/** The timer under way. @returns {Promise<Timer | undefined>} */
export async function running() {
  return /** @type {{ timer?: Timer }} */ (await chrome.storage.local.get(KEY)).timer;
}

/**
 * Tells of the timer at once, and whenever it is started, paused or ended, here or elsewhere. Returns a function that stops it.
 * @param {(timer: Timer | undefined) => void} listener
 */
export function watch(listener) {
  const look = () => void running().then(listener);
  /** @param {object} changes */
  const heard = (changes) => { if (KEY in changes) look(); };
  chrome.storage.local.onChanged.addListener(heard);
  look();
  return () => chrome.storage.local.onChanged.removeListener(heard);
}

/** @param {number} minutes */
export async function start(minutes) {
  await keep(begun(minutes, Date.now(), crypto.randomUUID()));
}

export async function pause() {
  const timer = await running();
  if (timer) await keep(pausedAt(timer, Date.now()));
}

export async function resume() {
  const timer = await running();
  if (timer) await keep(resumedAt(timer, Date.now()));
}

/**
 * Ends the timer before its time, and its alarm.
 * @param {Client} client
 * @returns {Promise<Focus | null>} What is kept.
 */
export async function stop(client) {
  const timer = await running();
  await chrome.alarms.clear(ALARM);
  return timer ? end(client, timer) : null;
}

/**
 * Ends the timer if its time is up. Whoever notices does it; two at once write the same.
 * @param {Client} client
 * @returns {Promise<Focus | null>} What is kept, if it was up.
 */
export async function settle(client) {
  const timer = await running();
  return timer && left(timer, Date.now()) === 0 ? end(client, timer) : null;
}

/**
 * First the record, then the end: cut short in between, it is done again, and writes the same record.
 * @param {Client} client
 * @param {Timer} timer
 */
async function end(client, timer) {
  const kept = outcome(timer, Date.now());
  if (kept) await client.collection("focus").put(kept);
  await chrome.storage.local.remove(KEY);
  return kept;
}

/**
 * Makes the alarm again: browsers may forget alarms when they end.
 * @param {Timer} timer
 */
export async function arm(timer) {
  const when = endOf(timer);
  await (when === null ? chrome.alarms.clear(ALARM) : chrome.alarms.create(ALARM, { when }));
}

/** @param {Timer} timer */
async function keep(timer) {
  await chrome.storage.local.set({ [KEY]: timer });
  await arm(timer);
}
