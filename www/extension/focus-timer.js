// @ts-check
/**
 * The card of the focus timer: a ring that empties, and starting, pausing and stopping it.
 * Two pages show the same timer, and so does one that is opened later.
 */
import { today } from "../js/days.js";
import { fill, h, write } from "../js/dom.js";
import { shown } from "../js/problem.js";
import { toast } from "../js/toast.js";
import { header } from "../js/views/parts.js";
import { DEFAULT_LENGTH, LENGTHS, clock, endOf, left, perDay, spanText } from "./focus.js";
import { arm, pause, resume, settle, start, stop, watch } from "./timer.js";

/** @typedef {import("./focus.js").Timer} Timer */

const SVG = "http://www.w3.org/2000/svg";
const TICK = 250;

/** @type {import("../js/views/parts.js").View} */
export function focusTimer({ client, isPart }) {
  const { element: head, note } = header("Focus", "focus-today", isPart);
  const ring = ringOf();
  const time = h("span", { class: "focus-time", role: "timer", "aria-label": "Time left", "data-testid": "focus-time" });
  const until = h("span", { class: "note", "data-testid": "focus-until" });
  const lengths = h("div", { class: "segments", role: "group", "aria-label": "Minutes" }, ...LENGTHS.map((minutes) =>
    h("button", { type: "button", "data-testid": `focus-length-${minutes}`, "aria-label": `${minutes} minutes`, onclick: () => choose(minutes) }, String(minutes))));
  const actions = h("div", { class: "actions focus-actions" });
  const button = (/** @type {string} */ text, /** @type {string} */ testid, /** @type {() => Promise<unknown>} */ run, kind = "") =>
    h("button", { type: "button", class: `button ${kind}`, "data-testid": testid, onclick: () => void shown(run()) }, text);
  const buttons = {
    start: button("Start", "focus-start", () => start(length), "primary"),
    pause: button("Pause", "focus-pause", () => pause()),
    resume: button("Resume", "focus-resume", () => resume(), "primary"),
    stop: button("Stop", "focus-stop", end),
  };

  /** @type {Timer | undefined} */
  let timer;
  let length = DEFAULT_LENGTH;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let ticking;

  /** @param {number} minutes */
  function choose(minutes) {
    length = minutes;
    draw();
  }

  async function end() {
    const kept = await stop(client);
    toast(kept ? `${spanText(kept.minutes)} kept in your history.` : "Less than a minute: nothing kept.");
  }

  /** @param {Timer | undefined} next */
  function show(next) {
    timer = next;
    clearInterval(ticking);
    ticking = timer && timer.pausedAt === null ? setInterval(draw, TICK) : undefined;
    const wanted = !timer ? [buttons.start] : timer.pausedAt === null ? [buttons.pause, buttons.stop] : [buttons.resume, buttons.stop];
    const held = actions.contains(document.activeElement);
    fill(actions, ...wanted);
    // The button that was pressed makes way for another: the keyboard stays where it was.
    if (held) wanted[0]?.focus();
    lengths.hidden = timer !== undefined;
    if (timer) void shown(arm(timer));
    draw();
  }

  function draw() {
    const now = Date.now();
    const rest = timer ? left(timer, now) : length * 60_000;
    write(time, clock(rest));
    ring.show(timer ? rest / (timer.minutes * 60_000) : 1);
    for (const [index, choice] of [...lengths.children].entries()) choice.setAttribute("aria-pressed", String(LENGTHS[index] === length));
    const at = timer && endOf(timer);
    write(until, !timer ? "minutes" : at ? `until ${new Date(at).toLocaleTimeString(undefined, { timeStyle: "short" })}` : "paused");
    if (timer && rest === 0) {
      clearInterval(ticking);
      void shown(settle(client).then((kept) => { if (kept) toast(`Done: ${spanText(kept.minutes)} of focus.`); }));
    }
  }

  const stops = [
    watch(show),
    // Enough for today wherever the day began; what is older is the history's.
    client.collection("focus").live({ where: { startedAt: { gte: Date.now() - 2 * 86_400_000 } } }).subscribe((periods) => {
      const minutes = perDay(periods, today(), 1)[0]?.minutes ?? 0;
      write(note, minutes > 0 ? `${spanText(minutes)} today` : "");
    }),
  ];
  show(undefined);
  return {
    element: h("section", { class: "view", "data-testid": "focus" }, head,
      h("div", { class: "card focus" }, h("div", { class: "focus-dial" }, ring.element, h("div", { class: "focus-text" }, time, until)), lengths, actions)),
    close: () => {
      clearInterval(ticking);
      stops.forEach((stop) => stop());
    },
  };
}

/** A ring of which a share is drawn. */
function ringOf() {
  const element = document.createElementNS(SVG, "svg");
  element.setAttribute("viewBox", "0 0 100 100");
  element.setAttribute("aria-hidden", "true");
  element.setAttribute("class", "focus-ring");
  const [ground, rest] = ["focus-ground", "focus-rest"].map((name) => {
    const circle = document.createElementNS(SVG, "circle");
    for (const [key, value] of Object.entries({ class: name, cx: "50", cy: "50", r: "46", pathLength: "1" })) circle.setAttribute(key, value);
    return circle;
  });
  element.append(/** @type {Element} */ (ground), /** @type {Element} */ (rest));
  return {
    element,
    /** @param {number} share */
    show: (share) => rest?.setAttribute("stroke-dasharray", `${share} 1`),
  };
}
