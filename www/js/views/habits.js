// @ts-check
/**
 * The view of habits: a week of check marks for each, and how many days in a row it was kept.
 * Counting days is `days.js`.
 */
import { addDays, dateOf, streak, today, weekOf } from "../days.js";
import { fill, h, keyed, write } from "../dom.js";
import { icon } from "../icons.js";
import { shown } from "../problem.js";
import { toast } from "../toast.js";
import { adder, header } from "./parts.js";

/** @typedef {import("../model.js").Habit} Habit */

/** @type {import("./parts.js").View} */
export function habitsView({ client, isPart }) {
  const habits = client.collection("habits");
  const name = h("input", { class: "field", placeholder: "A habit to keep", "aria-label": "New habit", autocomplete: "off", "data-testid": "habit-input" });
  const form = h("form", { class: "adder", "data-testid": "habit-form", onsubmit: add }, name, h("button", { type: "submit", class: "button primary", "data-testid": "habit-add" }, icon("add"), h("span", {}, "Add")));
  const { element: head, note } = header("Habits", "habits-count", isPart);
  const { fold } = adder(form, head, { isPart, label: "Add a habit", testid: "habit-unfold", first: name });
  const empty = h("p", { class: "empty" }, "No habits yet. One small thing a day is a good start.");
  const body = h("div", { class: "habit-rows", "data-testid": "habit-list", onkeydown: moveFocus });
  const days = h("div", { class: "habit-days", "aria-hidden": "true" });
  const range = h("span", { class: "note", "data-testid": "habit-week" });
  const later = h("button", { type: "button", class: "icon-button", "aria-label": "Next week", onclick: () => turn(7) }, icon("right"));
  const earlier = h("button", { type: "button", class: "icon-button", "aria-label": "Previous week", onclick: () => turn(-7) }, icon("left"));

  let shownDay = today();
  let weekStart = 1;
  /** @type {readonly Habit[]} */
  let all = [];
  let render = rows();

  function rows() {
    body.replaceChildren();
    const week = weekOf(shownDay, weekStart);
    fill(days, ...week.map((day) => h("span", { class: day === today() ? "is-today" : "" },
      h("b", {}, dateOf(day).toLocaleDateString(undefined, { weekday: "narrow" })), String(dateOf(day).getDate()))));
    write(range, `${short(week.at(0))} – ${short(week.at(-1))}`);
    later.disabled = week.includes(today());
    return keyed(body, (/** @type {Habit} */ habit) => habitRow(habit, week, {
      mark: (id, day, kept) => void shown(habits.update(id, { days: { [day]: kept || null } })),
      remove: (gone) => void shown(habits.delete(gone.id).then(() =>
        toast(`Deleted “${gone.name}”`, { label: "Undo", run: () => void shown(habits.put(gone)) }))),
    }));
  }

  /** @param {number} count */
  function turn(count) {
    shownDay = addDays(shownDay, count);
    redraw();
  }

  function redraw() {
    render = rows();
    render(all);
  }

  /** @param {SubmitEvent} event */
  function add(event) {
    event.preventDefault();
    const text = name.value.trim();
    if (!text) return;
    name.value = "";
    fold();
    void shown(habits.put({ name: text, createdAt: Date.now(), days: {} }));
  }

  const stops = [
    habits.live({ orderBy: "createdAt" }).subscribe((next) => {
      all = next;
      empty.hidden = next.length > 0;
      const kept = next.filter((habit) => habit.days[today()]).length;
      write(note, next.length > 0 ? `${kept} of ${next.length} kept today` : "");
      render(next);
    }),
    client.collection("settings").live({ where: { id: "preferences" } }).subscribe(([preferences]) => {
      const start = preferences?.weekStart ?? 1;
      if (start === weekStart) return;
      weekStart = start;
      redraw();
    }),
  ];
  return {
    element: h("section", { class: "view", "data-testid": "view-habits" }, head, form,
      h("div", { class: "card habits" },
        h("div", { class: "habit-head" }, h("div", { class: "habit-turn" }, earlier, later, range), days, h("span", { class: "habit-streak note" }, "Streak")),
        body, empty)),
    add: name,
    close: () => stops.forEach((stop) => stop()),
  };
}

/**
 * @param {Habit} first
 * @param {string[]} week
 * @param {{ mark: (id: string, day: string, kept: boolean) => void, remove: (habit: Habit) => void }} actions
 */
function habitRow(first, week, actions) {
  let habit = first;
  const name = h("span", { class: "habit-name", "data-testid": "habit-name" });
  const count = h("span", { class: "habit-streak", "data-testid": "habit-streak" });
  const checks = week.map((day) => h("input", {
    type: "checkbox", class: "check", disabled: day > today(), "data-testid": `habit-${day}`, "data-day": day,
    onchange: (/** @type {Event} */ event) => actions.mark(habit.id, day, /** @type {HTMLInputElement} */ (event.target).checked),
  }));
  const remove = h("button", { type: "button", class: "icon-button quiet", "data-testid": "habit-delete", onclick: () => actions.remove(habit) }, icon("trash"));
  const element = h("div", { class: "habit-row", role: "group", "data-testid": "habit", "data-id": habit.id },
    name, h("div", { class: "habit-checks" }, ...checks), count, remove);

  /** @param {Habit} next */
  function update(next) {
    habit = next;
    write(name, next.name);
    element.setAttribute("aria-label", next.name);
    remove.setAttribute("aria-label", `Delete ${next.name}`);
    for (const [index, check] of checks.entries()) {
      const day = week[index] ?? "";
      check.checked = next.days[day] === true;
      check.setAttribute("aria-label", `${next.name}, ${dateOf(day).toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" })}`);
    }
    const days = streak(next.days, today());
    fill(count, days > 0 && icon("flame"), days > 0 ? String(days) : "–");
    count.setAttribute("aria-label", days === 1 ? "1 day in a row" : `${days} days in a row`);
  }

  update(first);
  return { element, update };
}

/**
 * Moves over the grid of check marks with the arrow keys.
 * @param {KeyboardEvent} event
 */
function moveFocus(event) {
  const from = event.target;
  if (!(from instanceof HTMLInputElement) || !event.key.startsWith("Arrow")) return;
  event.preventDefault();
  const row = from.closest(".habit-row");
  /** @type {{ [key: string]: () => Element | null | undefined }} */
  const moves = {
    ArrowLeft: () => from.previousElementSibling,
    ArrowRight: () => from.nextElementSibling,
    ArrowUp: () => row?.previousElementSibling?.querySelector(`[data-day="${from.dataset.day}"]`),
    ArrowDown: () => row?.nextElementSibling?.querySelector(`[data-day="${from.dataset.day}"]`),
  };
  const next = moves[event.key]?.();
  if (next instanceof HTMLElement) next.focus();
}

/** @param {string | undefined} day */
function short(day) {
  return day ? dateOf(day).toLocaleDateString(undefined, { day: "numeric", month: "short" }) : "";
}
