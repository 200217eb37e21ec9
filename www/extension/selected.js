// @ts-check
/**
 * A todo out of text that was selected on a page.
 * Pure: reads no page and stores nothing.
 */

/** A title longer than this is cut; the whole text is then the note. */
const LONGEST = 160;

/**
 * @param {string} text What was selected.
 * @param {{ title: string, url: string }} page
 * @param {number} now
 * @returns {Omit<import("../js/model.js").Todo, "id"> | null} Null: nothing was selected.
 */
export function todoOf(text, page, now) {
  const whole = text.replace(/\s+/g, " ").trim();
  if (whole === "") return null;
  const letters = [...whole];
  const isLong = letters.length > LONGEST;
  const title = isLong ? `${letters.slice(0, LONGEST - 1).join("").trimEnd()}…` : whole;
  return { title, done: false, createdAt: now, ...(isLong ? { note: text.trim() } : {}), source: { title: page.title, url: page.url } };
}
