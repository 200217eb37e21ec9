// @ts-check
// What the background of an extension decides, as plain functions: calls that are asked again, alarms, patches of answers.

import assert from "node:assert/strict";
import { test } from "node:test";

import { RECENT, decideEdits, decideOnce, decideWaiting, hasHappened } from "../../pkg/extension/again.js";
import { SOONEST, decideAlarm, isStale } from "../../pkg/extension/alarm.js";
import { Outcomes } from "../../pkg/extension/outcomes.js";
import { patchOf } from "../../pkg/extension/ports.js";

const BORN = 1_000_000;
const BEFORE = { askedAt: BORN - 100, bornAt: BORN, now: BORN + 50 };
/** @type {import("../../pkg/extension/again.js").Edit} */
const PUT = { kind: "put", doc: { id: "a", v: 2, tags: ["x", { y: null }] } };
const DONE = { id: "a", tags: ["x", { y: null }], v: 2 };
const OLD = { id: "a", v: 1, tags: [] };

/**
 * @param {import("../../pkg/extension/again.js").Edit} edit
 * @param {any} seen
 * @param {boolean} [isTouched]
 */
function known(edit, seen, isTouched = false) {
  return { edit, seen, isTouched };
}

test("an edit that the record shows has happened, and is not done twice", () => {
  assert.equal(decideEdits({ ...BEFORE, edits: [known(PUT, DONE)] }), "done");
  assert.equal(decideEdits({ ...BEFORE, edits: [known(PUT, DONE, true)] }), "done");
  assert.equal(decideEdits({ ...BEFORE, edits: [known({ kind: "delete" }, undefined)] }), "done");
  assert.equal(decideEdits({ ...BEFORE, edits: [known({ kind: "update", patch: { v: 2 } }, DONE)] }), "done");
});

test("an edit that the record does not show is asked again where nobody else was there", () => {
  assert.equal(decideEdits({ ...BEFORE, edits: [known(PUT, OLD)] }), "ask");
  assert.equal(decideEdits({ ...BEFORE, edits: [known(PUT, undefined)] }), "ask");
  assert.equal(decideEdits({ ...BEFORE, edits: [known({ kind: "delete" }, OLD)] }), "ask");
  assert.equal(decideEdits({ ...BEFORE, edits: [known({ kind: "update", patch: { v: 2 } }, undefined)] }), "ask", "which answers not-found");
});

test("an edit whose record somebody else may have edited in between is neither done twice nor said to be done", () => {
  assert.equal(decideEdits({ ...BEFORE, edits: [known(PUT, OLD, true)] }), "in-doubt");
  assert.equal(decideEdits({ ...BEFORE, askedAt: BORN - RECENT, edits: [known(PUT, OLD)] }), "in-doubt");
});

test("an edit that was asked in this life and is not remembered never arrived", () => {
  assert.equal(decideEdits({ ...BEFORE, askedAt: BORN, edits: [known(PUT, OLD, true)] }), "ask");
  assert.equal(decideEdits({ ...BEFORE, askedAt: BORN, now: BORN + 2 * RECENT, edits: [known(PUT, DONE)] }), "ask");
});

test("a batch has happened where all of its edits have, and is one commit otherwise", () => {
  const deleted = known({ kind: "delete" }, undefined);
  assert.equal(decideEdits({ ...BEFORE, edits: [known(PUT, DONE), deleted] }), "done");
  assert.equal(decideEdits({ ...BEFORE, edits: [known(PUT, OLD), deleted] }), "ask");
  assert.equal(decideEdits({ ...BEFORE, edits: [known(PUT, OLD), { ...deleted, isTouched: true }] }), "in-doubt");
});

test("a merge patch has happened where it would change nothing", () => {
  const doc = { id: "a", deep: { one: 1, list: [1, 2] }, flag: false };
  const patches = (/** @type {any} */ patch) => hasHappened({ kind: "update", patch }, doc);
  assert.ok(patches({}));
  assert.ok(patches({ id: "b" }), "a patch cannot move a record");
  assert.ok(patches({ deep: { one: 1 } }));
  assert.ok(patches({ deep: { list: [1, 2], none: null }, gone: null }));
  assert.ok(!patches({ deep: { list: [1] } }));
  assert.ok(!patches({ deep: null }));
  assert.ok(!patches({ flag: { on: true } }));
  assert.ok(!patches({ more: 1 }));
  assert.ok(!patches({ flag: 0 }));
});

test("what waited for a decision and waits no more has been decided", () => {
  assert.equal(decideWaiting({ ...BEFORE, isWaiting: false }), "done");
  assert.equal(decideWaiting({ ...BEFORE, isWaiting: true }), "ask");
  assert.equal(decideWaiting({ askedAt: BORN + 1, bornAt: BORN, isWaiting: false }), "ask");
});

test("what must not be done twice is in doubt after another life, and asked again in the same", () => {
  assert.equal(decideOnce(BEFORE), "in-doubt");
  assert.equal(decideOnce({ askedAt: BORN + 1, bornAt: BORN }), "ask");
});

test("outcomes are kept until the client has heard them", async () => {
  const outcomes = new Outcomes();
  outcomes.keep("a", 1, Promise.resolve({ value: 1 }));
  outcomes.keep("a", 2, Promise.resolve({ value: 2 }));
  outcomes.keep("b", 1, Promise.resolve({ value: 3 }));
  outcomes.forget("a", 2);
  assert.equal(outcomes.of("a", 1), undefined);
  assert.deepEqual(await outcomes.of("a", 2), { value: 2 });
  assert.deepEqual(await outcomes.of("b", 1), { value: 3 });
});

/** @param {Partial<import("../../pkg/index.js").Status>} [of] */
function status(of) {
  const collections = { todos: { enabled: true, pending: 0, lastSyncedAt: null } };
  return /** @type {import("../../pkg/index.js").Status} */ ({ state: "synced", nextSyncAt: null, collections, ...of });
}

const NOW = 5_000_000;

/**
 * @param {Partial<import("../../pkg/index.js").Status>} of
 * @param {number | null} armed
 */
function alarm(of, armed) {
  return decideAlarm({ status: status(of), now: NOW, armed, pollInterval: 300_000 });
}

test("the alarm is armed for exactly the next attempt, but not sooner than the browser grants", () => {
  assert.equal(alarm({ nextSyncAt: NOW + 77_777 }, null), NOW + 77_777);
  assert.equal(alarm({ nextSyncAt: NOW + 77_777 }, NOW + 300_000), NOW + 77_777);
  assert.equal(alarm({ nextSyncAt: NOW + 300_000 }, NOW + 77_777), NOW + 300_000);
  assert.equal(alarm({ nextSyncAt: NOW + 100 }, null), NOW + SOONEST);
});

test("an alarm that is armed for that moment is left alone, and one that has rung is not armed", () => {
  assert.equal(alarm({ nextSyncAt: NOW + 77_777 }, NOW + 77_777), undefined);
  assert.equal(alarm({ nextSyncAt: NOW + 77_777 }, NOW - 1), NOW + 77_777);
  assert.equal(alarm({ nextSyncAt: NOW + 100 }, NOW + 20_000), undefined, "edits that follow edits");
});

test("a sync under way leaves an alarm for the case that it is never ended", () => {
  assert.equal(alarm({ state: "syncing" }, NOW + 40_000), undefined);
  assert.equal(alarm({ state: "syncing" }, null), NOW + 300_000);
});

test("without a connection somebody looks as often as polls would, and with sync off nobody does", () => {
  assert.equal(alarm({ state: "offline" }, null), NOW + 300_000);
  assert.equal(alarm({ state: "offline" }, NOW + 10_000), undefined);
  const collections = { todos: { enabled: false, pending: 3, lastSyncedAt: null } };
  assert.equal(alarm({ state: "disabled", collections }, NOW + 10_000), null);
  assert.equal(alarm({ state: "disabled", collections }, null), undefined);
});

test("who looks is shown nothing old, but a server that has failed is not asked more often for that", () => {
  const error = { code: /** @type {const} */ ("rate-limited"), message: "later", at: NOW };
  assert.ok(isStale(status({ error: null, lastSyncedAt: NOW - 1 }), NOW));
  assert.ok(!isStale(status({ error: null, lastSyncedAt: NOW }), NOW));
  assert.ok(!isStale(status({ error, lastSyncedAt: NOW - 1 }), NOW));
  assert.ok(!isStale(status({ error: null, state: "offline", lastSyncedAt: NOW - 1 }), NOW));
  assert.ok(!isStale(status({ error: null, lastSyncedAt: null }), NOW), "the first sync is under way by itself");
});

test("of an answer goes only what is another than it was", () => {
  const [a, b, c, d] = [{ id: "a" }, { id: "b" }, { id: "c" }, { id: "d" }];
  const patched = (/** @type {any[]} */ before, /** @type {any[]} */ after) => {
    const { at, drop, docs } = patchOf(before, after);
    assert.deepEqual([...before.slice(0, at ?? 0), ...docs, ...before.slice((at ?? 0) + drop)], after);
    return [at, drop, docs.length];
  };
  assert.deepEqual(patchOf(undefined, [a, b]), { at: null, drop: 0, docs: [a, b] });
  assert.deepEqual(patched([a, b, c], [a, d, b, c]), [1, 0, 1]);
  assert.deepEqual(patched([a, b, c], [a, c]), [1, 1, 0]);
  assert.deepEqual(patched([a, b, c], [b, c, a]), [0, 3, 3]);
  assert.deepEqual(patched([a, a], [a, a, a]), [2, 0, 1]);
  assert.deepEqual(patched([], [a]), [0, 0, 1]);
  assert.deepEqual(patched([a], []), [0, 1, 0]);
});
