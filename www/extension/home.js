// @ts-check
/**
 * The first view of a new tab: links, todos, the focus timer and habits, each a part of the page.
 * The parts are views of their own, most of them the demo's.
 */
import { h } from "../js/dom.js";
import { habitsView } from "../js/views/habits.js";
import { linksView } from "../js/views/links.js";
import { todosView } from "../js/views/todos.js";
import { focusTimer } from "./focus-timer.js";
import { optIn } from "./opt-in.js";

/** @type {import("../js/views/parts.js").View} */
export function homeView(app) {
  const part = { ...app, isPart: true };
  const offer = optIn(app);
  const [links, todos, focus, habits] = [linksView(part), todosView(part), focusTimer(part), habitsView(part)];
  const date = new Date().toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" });
  return {
    element: h("div", { class: "home", "data-testid": "view-home" },
      h("h1", { tabindex: -1, "data-testid": "date" }, date),
      offer.element, links.element,
      h("div", { class: "columns" }, todos.element, h("div", { class: "column" }, focus.element, habits.element))),
    add: todos.add,
    search: todos.search,
    close: () => [offer, links, todos, focus, habits].forEach(({ close }) => close()),
  };
}
