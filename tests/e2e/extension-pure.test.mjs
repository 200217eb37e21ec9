// @ts-check
// What the extension decides: the focus timer's arithmetic, the todo made of a selection, the badge. Pure, so without a browser.

import assert from "node:assert/strict";

import { begun, clock, endOf, left, outcome, pausedAt, perDay, resumedAt, spanText } from "../../www/extension/focus.js";
import { todoOf } from "../../www/extension/selected.js";
import { badgeOf } from "../../www/extension/waiting.js";
import { test } from "./support/until.mjs";

const MINUTE = 60_000;
const START = Date.parse("2026-03-02T09:00:00");
const timer = begun(25, START, "p1");

test("a timer runs down to nothing and not below", async () => {
  assert.equal(left(timer, START), 25 * MINUTE);
  assert.equal(left(timer, START + 10 * MINUTE), 15 * MINUTE);
  assert.equal(left(timer, START + 60 * MINUTE), 0);
  assert.equal(endOf(timer), START + 25 * MINUTE);
});

test("time that a timer is paused is not worked, and moves its end", async () => {
  const paused = pausedAt(timer, START + 10 * MINUTE);
  assert.equal(left(paused, START + 60 * MINUTE), 15 * MINUTE);
  assert.equal(endOf(paused), null);
  const resumed = resumedAt(paused, START + 60 * MINUTE);
  assert.equal(left(resumed, START + 65 * MINUTE), 10 * MINUTE);
  assert.equal(endOf(resumed), START + 75 * MINUTE);
});

test("pausing twice and resuming what runs change nothing", async () => {
  const paused = pausedAt(timer, START + MINUTE);
  assert.equal(pausedAt(paused, START + 2 * MINUTE), paused);
  assert.equal(resumedAt(timer, START + MINUTE), timer);
});

test("a timer that is found long after its end leaves its minutes and its true end", async () => {
  assert.deepEqual(outcome(timer, START + 600 * MINUTE), { id: "p1", startedAt: START, endedAt: START + 25 * MINUTE, minutes: 25 });
});

test("a timer stopped early leaves the whole minutes worked, and none for less than one", async () => {
  assert.equal(outcome(timer, START + MINUTE - 1), null);
  assert.equal(outcome(timer, START + 7.9 * MINUTE)?.minutes, 7);
  const paused = pausedAt(timer, START + 7 * MINUTE);
  assert.deepEqual(outcome(paused, START + 90 * MINUTE), { id: "p1", startedAt: START, endedAt: START + 7 * MINUTE, minutes: 7 });
});

test("a clock that was set back gives no time and takes none", async () => {
  assert.equal(left(timer, START - 10 * MINUTE), 25 * MINUTE);
  assert.equal(outcome(timer, START - 10 * MINUTE), null);
});

test("minutes count for the day on which the period began", async () => {
  const at = (/** @type {string} */ time, /** @type {number} */ minutes) => ({ id: time, startedAt: Date.parse(time), endedAt: Date.parse(time) + minutes * MINUTE, minutes });
  const periods = [at("2026-03-01T23:50:00", 25), at("2026-03-02T09:00:00", 25), at("2026-03-02T10:00:00", 15), at("2026-02-01T10:00:00", 50)];
  assert.deepEqual(perDay(periods, "2026-03-02", 3), [{ day: "2026-02-28", minutes: 0 }, { day: "2026-03-01", minutes: 25 }, { day: "2026-03-02", minutes: 40 }]);
});

test("a clock shows whole seconds, and spans are said in hours and minutes", async () => {
  assert.deepEqual([25 * MINUTE, 24 * MINUTE + 59_001, 999, 0].map(clock), ["25:00", "25:00", "00:01", "00:00"]);
  assert.deepEqual([0, 25, 60, 95].map(spanText), ["0 min", "25 min", "1 h", "1 h 35 min"]);
});

test("a selection becomes a todo with its page, on one line, and a long one is kept whole in its note", async () => {
  const page = { title: "A page", url: "https://example.org/a" };
  assert.equal(todoOf(" \n\t ", page, 1), null);
  assert.deepEqual(todoOf("  Buy\n  milk ", page, 1), { title: "Buy milk", done: false, createdAt: 1, source: page });
  const long = "word ".repeat(100);
  const todo = todoOf(long, page, 1);
  assert.equal(todo?.note, long.trim());
  assert.ok(todo && [...todo.title].length <= 160 && todo.title.endsWith("…"), todo?.title);
});

test("the badge counts what waits of the collections that sync, and has room for three digits", async () => {
  const status = (/** @type {number} */ todos, /** @type {number} */ habits) => /** @type {import("../../pkg/index.js").Status} */ (/** @type {unknown} */ ({
    collections: { todos: { enabled: true, pending: todos }, links: { enabled: true, pending: 0 }, habits: { enabled: false, pending: habits } },
  }));
  assert.deepEqual([[0, 0], [0, 5], [2, 5], [999, 0], [1000, 0]].map(([todos = 0, habits = 0]) => badgeOf(status(todos, habits)).text), ["", "", "2", "999", "999+"]);
});
