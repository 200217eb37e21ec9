// @ts-check
/**
 * Days of the calendar as `YYYY-MM-DD` in the user's own time zone: counting them, and saying them.
 * Holds no state and reads the clock only in `today`.
 */

/** @returns {string} */
export function today() {
  return dayOf(new Date());
}

/** @param {Date} date */
export function dayOf(date) {
  const pad = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/**
 * Noon of a day: far from the hours that summer time moves.
 * @param {string} day
 */
export function dateOf(day) {
  return new Date(`${day}T12:00:00`);
}

/**
 * @param {string} day
 * @param {number} count
 */
export function addDays(day, count) {
  const date = dateOf(day);
  date.setDate(date.getDate() + count);
  return dayOf(date);
}

/**
 * The seven days of the week that holds a day.
 * @param {string} day
 * @param {number} weekStart 0 for Sunday, 1 for Monday.
 */
export function weekOf(day, weekStart) {
  const first = addDays(day, -((dateOf(day).getDay() - weekStart + 7) % 7));
  return Array.from({ length: 7 }, (_, index) => addDays(first, index));
}

/**
 * How many days in a row were kept, up to today or, where today is still open, to yesterday.
 * @param {{ [day: string]: boolean }} days
 * @param {string} now
 */
export function streak(days, now) {
  let count = 0;
  for (let day = days[now] ? now : addDays(now, -1); days[day]; day = addDays(day, -1)) count += 1;
  return count;
}

/**
 * When something is due, as one would say it.
 * @param {string} due
 * @param {string} now
 * @returns {{ text: string, tone: "late" | "soon" | "later" }}
 */
export function dueText(due, now) {
  const date = dateOf(due);
  const text = date.toLocaleDateString(undefined, { day: "numeric", month: "short", ...(due.slice(0, 4) === now.slice(0, 4) ? {} : { year: "numeric" }) });
  if (due < now) return { text, tone: "late" };
  if (due === now) return { text: "Today", tone: "soon" };
  if (due === addDays(now, 1)) return { text: "Tomorrow", tone: "soon" };
  return { text, tone: "later" };
}
