// @ts-check
/** What the elements draw, as paths in a box of 24 by 24. Holds shapes only. */

const CLOUD = "M7 18.5a4.5 4.5 0 0 1-.4-9 5.5 5.5 0 0 1 10.6 1.1 4 4 0 0 1-.2 7.9z";

/** What is drawn for each state. @type {Record<import("../index.js").Status["state"], string>} */
export const ICONS = {
  "disabled": "M4 5h16v11H4z M9 20h6 M12 16v4",
  "signed-out": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M5 20c.6-3.4 3.4-5 7-5 M16 16l5 5 M21 16l-5 5",
  "error": "M12 4 2.8 19.5h18.4z M12 10v4.5 M12 17.2v.1",
  "offline": `${CLOUD} M4 4l16 17`,
  "syncing": "M20 12a8 8 0 0 1-14.3 4.9 M4 12a8 8 0 0 1 14.3-4.9 M18.8 3v4.4h-4.4 M5.2 21v-4.4h4.4",
  "pending": "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z M12 7.5V12l3 2",
  "synced": `${CLOUD} M9.2 14l2 2 3.8-4`,
};

/** There is more below. */
export const BELOW = "M6 9.5l6 6 6-6";
