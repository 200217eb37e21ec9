// @ts-check
/**
 * The view of what was focused on: two weeks as bars, and the periods themselves.
 * Starts no timer.
 */
import { dateOf, dayOf, today } from "../js/days.js";
import { fill, h, keyed, write } from "../js/dom.js";
import { icon } from "../js/icons.js";
import { shown } from "../js/problem.js";
import { toast } from "../js/toast.js";
import { header } from "../js/views/parts.js";
import { perDay, spanText } from "./focus.js";

/** @typedef {import("../js/model.js").Focus} Focus */

const DAYS = 14;
/** Periods that are listed; what is older is in the records all the same. */
const LISTED = 100;

/** @type {import("../js/views/parts.js").View} */
export function focusHistory({ client, isPart }) {
  const focus = client.collection("focus");
  const { element: head, note } = header("Focus history", "focus-count", isPart);
  const [day, week, best] = ["Today", "Last 7 days", "Best day"].map((label) => {
    const value = h("dd", { "data-testid": `focus-number-${label.toLowerCase().replaceAll(" ", "-")}` });
    return { value, element: h("div", {}, h("dt", {}, label), value) };
  });
  const bars = h("ul", { class: "bars", "aria-label": "Minutes by day", "data-testid": "focus-bars" });
  const rows = h("ul", { class: "rows", "data-testid": "focus-list" });
  const empty = h("p", { class: "empty", "data-testid": "focus-empty" }, "No period of focus yet. Start one on the first page; it is kept here once it ends.");

  const render = keyed(rows, (/** @type {Focus} */ period) => periodRow(period, (gone) => void shown(focus.delete(gone.id).then(() =>
    toast(`Deleted ${spanText(gone.minutes)}`, { label: "Undo", run: () => void shown(focus.put(gone)) })))));

  const stops = [
    focus.live({ orderBy: "-startedAt", limit: LISTED }).subscribe((periods) => {
      empty.hidden = periods.length > 0;
      write(note, periods.length > 0 ? (periods.length === LISTED ? `the last ${LISTED}` : periods.length === 1 ? "1 period" : `${periods.length} periods`) : "");
      render(periods);
    }),
    // A day more than is shown: the first day began before this time of the day.
    focus.live({ where: { startedAt: { gte: Date.now() - (DAYS + 1) * 86_400_000 } } }).subscribe((periods) => {
      const days = perDay(periods, today(), DAYS);
      const minutes = days.map((one) => one.minutes);
      write(day?.value ?? head, spanText(minutes.at(-1) ?? 0));
      write(week?.value ?? head, spanText(minutes.slice(-7).reduce((sum, one) => sum + one, 0)));
      write(best?.value ?? head, spanText(Math.max(...minutes)));
      fill(bars, ...days.map((one) => bar(one, Math.max(60, ...minutes))));
    }),
  ];
  return {
    element: h("section", { class: "view", "data-testid": "view-focus" }, head,
      h("div", { class: "card" }, h("dl", { class: "numbers few" }, day?.element, week?.element, best?.element), bars),
      h("div", { class: "card list-card" }, rows, empty)),
    close: () => stops.forEach((stop) => stop()),
  };
}

/**
 * @param {{ day: string, minutes: number }} one
 * @param {number} most What the full height stands for.
 */
function bar({ day, minutes }, most) {
  const date = dateOf(day);
  const text = `${date.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" })}: ${spanText(minutes)}`;
  const column = h("span", { class: "bar-column" });
  column.style.setProperty("--share", String(minutes / most));
  return h("li", { class: day === today() ? "is-today" : "", title: text, "data-testid": `focus-day-${day}`, "data-minutes": minutes },
    h("span", { class: "visually-hidden" }, text),
    h("span", { class: "bar-value", "aria-hidden": "true" }, minutes > 0 ? minutes : ""), column,
    h("span", { class: "bar-day", "aria-hidden": "true" }, h("b", {}, date.toLocaleDateString(undefined, { weekday: "narrow" })), date.getDate()));
}

/**
 * @param {Focus} first
 * @param {(period: Focus) => void} remove
 */
function periodRow(first, remove) {
  let period = first;
  const on = h("span", {});
  const at = h("span", { class: "note" });
  const span = h("span", { class: "chip", "data-testid": "focus-span" });
  const gone = h("button", { type: "button", class: "icon-button quiet", "data-testid": "focus-delete", onclick: () => remove(period) }, icon("trash"));
  /** @param {Focus} next */
  function update(next) {
    period = next;
    const [from, to] = [next.startedAt, next.endedAt].map((time) => new Date(time).toLocaleTimeString(undefined, { timeStyle: "short" }));
    const day = dateOf(dayOf(new Date(next.startedAt))).toLocaleDateString(undefined, { weekday: "short", day: "numeric", month: "short" });
    write(on, day);
    write(at, `${from} – ${to}`);
    write(span, spanText(next.minutes));
    gone.setAttribute("aria-label", `Delete ${day}, ${from}`);
  }
  update(first);
  return { element: h("li", { class: "row", "data-testid": "focus-period", "data-id": first.id }, h("span", { class: "focus-when" }, on, at), span, gone), update };
}
