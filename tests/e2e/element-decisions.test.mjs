// @ts-check
// What the elements decide without a browser: ways out of errors, words, differences of conflicts, attempts and their chart.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";

import { label, messages, wayOut } from "../../pkg/element.js";
import { Attempts } from "../../pkg/element/attempts.js";
import { chartLayout } from "../../pkg/element/chart-layout.js";
import { differences, isEqual, likely, merged } from "../../pkg/element/diff.js";
import { panelPlace } from "../../pkg/element/panel-place.js";
import { Words } from "../../pkg/element/words.js";
import { test } from "./support/until.mjs";

/** @typedef {import("../../pkg/index.js").Status} Status */

/** @type {Status} */
const SYNCED = { state: "synced", pending: 0, parked: 0, conflicts: 0, lastSyncedAt: null, nextSyncAt: null, progress: null, error: null, leader: true, channel: "poll", collections: {} };
const REPORT = { pushed: 2, pulled: 3, conflicts: 0, resolved: 0, parked: 0, retries: 0, requests: 2, bytesSent: 1, bytesReceived: 1, durationMs: 40 };

/** @param {string} code @returns {Status} */
const failed = (code) => ({ ...SYNCED, state: "error", error: { code: /** @type {any} */ (code), message: "why", at: 5 } });

test("every code of an error has a problem in words, and a way out or a reason to wait", async () => {
  const types = await readFile(new URL("../../pkg/index.d.ts", import.meta.url), "utf8");
  const codes = [.../export type ErrorCode =([^;]+);/.exec(types)?.[1]?.matchAll(/"([a-z-]+)"/g) ?? []].map(([, code]) => code ?? "");
  assert.ok(codes.length > 20);
  for (const code of codes) {
    const { problem, action } = wayOut(failed(code));
    assert.ok(problem && problem in messages, `${code}: ${problem}`);
    assert.ok(action === null || `action.${action}` in messages, `${code}: ${action}`);
    if (action === null) assert.ok(["offline", "rate-limited"].includes(code), `${code} leaves the user nothing to do`);
  }
});

test("a way out is found by code: sign in, free space, confirm, load again, try again", () => {
  /** @type {[string, string | null][]} */
  const expected = [["unauthorized", "sign-in"], ["quota-exceeded", "free-space"], ["mass-deletion", "confirm-deletions"], ["upgrade-required", "reload"], ["network", "retry"], ["rate-limited", null], ["a code of tomorrow", "retry"]];
  assert.deepEqual(expected.map(([code]) => [code, wayOut(failed(code)).action]), expected);
});

test("an error comes before what waits for the user, and that before what is well", () => {
  assert.equal(wayOut({ ...failed("network"), conflicts: 1 }).action, "retry");
  assert.deepEqual(wayOut({ ...SYNCED, conflicts: 1, parked: 1 }), { problem: "fact.conflicts", action: "inspect" });
  assert.deepEqual(wayOut({ ...SYNCED, parked: 1 }), { problem: "fact.parked", action: "inspect" });
  assert.deepEqual(wayOut(SYNCED), { problem: null, action: null });
  assert.deepEqual(wayOut({ ...SYNCED, state: "signed-out" }).action, "sign-in");
  assert.deepEqual(wayOut({ ...SYNCED, state: "disabled" }), { problem: null, action: "enable" });
  assert.equal(wayOut({ ...failed("network"), state: "syncing" }).problem, null, "it is being tried");
});

test("labels say pending changes, progress and times in English", () => {
  const now = 10_000_000;
  const shown = (/** @type {Partial<Status>} */ part) => label({ ...SYNCED, ...part }, now);
  assert.equal(shown({ state: "pending", pending: 1234 }), "1,234 to sync");
  assert.equal(shown({ state: "offline", pending: 2 }), "Offline · 2 to sync");
  assert.equal(shown({ state: "offline" }), "Offline");
  assert.equal(shown({ state: "syncing", progress: { phase: "push", done: 300, total: 1800 } }), "Syncing 300/1,800");
  assert.equal(shown({ state: "syncing", progress: { phase: "pull", done: 300, total: null } }), "Syncing 300");
  assert.equal(shown({ state: "synced", lastSyncedAt: now - 20_000 }), "Synced just now");
  assert.equal(shown({ state: "synced", lastSyncedAt: now - 120_000 }), "Synced 2 min. ago");
  assert.equal(shown({}), "Synced");
});

test("other texts take the place of the English ones, with plurals and numbers of their language", () => {
  const words = new Words({ "lang": "de", "state.pending": "{count} zu senden", "fact.parked": { one: "{count} Änderung abgelehnt", other: "{count} Änderungen abgelehnt" } });
  assert.equal(words.say("state.pending", { count: 1234 }), "1.234 zu senden");
  assert.equal(words.say("fact.parked", { count: 1 }), "1 Änderung abgelehnt");
  assert.equal(words.say("fact.parked", { count: 7 }), "7 Änderungen abgelehnt");
  assert.equal(words.ago(0, 120_000), "vor 2 Min.");
  assert.equal(words.say("state.offline"), "Offline", "what a set lacks is said in English");
  assert.equal(new Words({}, "de").locale, "en", "English texts have English numbers");
  assert.equal(new Words({ "state.offline": "Offline" }, "pl").locale, "pl");
  assert.equal(new Words({ lang: "no such language" }, "pl").locale, "pl");
  assert.equal(words.say("no.such.key"), "no.such.key");
});

test("every text that the elements ask for is there, and none is there for nothing", async () => {
  const folder = new URL("../../pkg/element/", import.meta.url);
  const files = (await readdir(folder)).filter((name) => name !== "messages.js");
  const code = (await Promise.all(files.map((name) => readFile(new URL(name, folder), "utf8")))).join("\n");
  const asked = [...code.matchAll(/\bsay\("([^"]+)"/g)].map(([, key]) => key ?? "");
  assert.ok(asked.length > 40);
  assert.deepEqual(asked.filter((key) => !(key in messages)), []);
  // What is put together: `state.${state}`, and what sections and tables are called by.
  const stems = [...code.matchAll(/`([a-z]+)\.[a-z-]*\$\{/g)].map(([, stem]) => stem ?? "");
  const names = [...code.matchAll(/"([a-z-]+(?:\.[a-z-]+)*)"/g)].map(([, name]) => name ?? "");
  const isUsed = (/** @type {string} */ key) => names.includes(key) || stems.some((stem) => key.startsWith(`${stem}.`)) || key === "lang" || /\.none$/.test(key);
  assert.deepEqual(Object.keys(messages).filter((key) => !isUsed(key)), []);
});

test("sizes and durations are in units that fit them", () => {
  const words = new Words();
  assert.deepEqual([0, 999, 1500, 1_500_000, 2e10].map((bytes) => words.bytes(bytes)), ["0 byte", "999 byte", "2 kB", "1.5 MB", "20 GB"]);
  assert.deepEqual([0.4, 12.3, 2500, 65_000].map((ms) => words.duration(ms)), ["0.4 ms", "12 ms", "2.5 sec", "65 sec"]);
});

test("each field of a conflict says who changed it", () => {
  const base = { id: "t", a: 1, b: 1, c: 1, d: { x: 1, y: 2 }, gone: 1 };
  const local = { id: "t", a: 2, b: 1, c: 2, d: { y: 2, x: 1 }, both: 1, gone: 1 };
  const remote = { id: "t", a: 1, b: 2, c: 3, d: { x: 1, y: 2 }, both: 1 };
  const found = Object.fromEntries(differences({ base, local, remote }).map(({ field, changed }) => [field, changed]));
  assert.deepEqual(found, { id: "no", a: "local", b: "remote", c: "both", d: "no", both: "alike", gone: "remote" });
});

test("a merge takes each field from the side that edited it, else from the later one, unless somebody chooses", () => {
  const conflict = { base: { a: 1, b: 1, c: 1, gone: 1 }, local: { a: 2, b: 1, c: 2, gone: 1 }, remote: { a: 1, b: 2, c: 3 }, localEditedAt: 1, remoteEditedAt: 2 };
  const all = differences(conflict);
  assert.deepEqual(merged(all, (one) => likely(one, conflict)), { a: 2, b: 2, c: 3 });
  assert.deepEqual(merged(all, (one) => likely(one, { localEditedAt: 2, remoteEditedAt: 1 })), { a: 2, b: 2, c: 2 });
  assert.deepEqual(merged(all, () => "local"), conflict.local);
  assert.deepEqual(merged(all, () => "remote"), conflict.remote);
});

test("JSON is equal whatever order its fields are in, and an array is no object", () => {
  assert.ok(isEqual({ a: [1, { b: null, c: 2 }] }, { a: [1, { c: 2, b: null }] }));
  assert.ok(!isEqual([], {}));
  assert.ok(!isEqual({ a: 1 }, { b: 1 }));
  assert.ok(!isEqual(null, {}));
});

test("a sync is one attempt, whether its status or its report comes first", () => {
  const attempts = new Attempts();
  attempts.handleStatus({ ...SYNCED, state: "syncing" }, 100);
  assert.equal(attempts.all[0]?.outcome, "running");
  attempts.handleStatus(SYNCED, 140);
  attempts.handleReport(REPORT, 141);
  attempts.handleStatus({ ...SYNCED, state: "syncing" }, 2000);
  attempts.handleReport({ ...REPORT, parked: 1 }, 2100);
  attempts.handleStatus(SYNCED, 2101);
  attempts.handleReport(REPORT, 9000);
  const seen = attempts.all.map(({ startedAt, endedAt, outcome, pushed }) => [startedAt, endedAt, outcome, pushed]);
  assert.deepEqual(seen, [[100, 140, "done", 2], [2000, 2100, "attention", 2], [8960, 9000, "done", 2]]);
});

test("a failure says why, and one that another context met is known by its status", () => {
  const attempts = new Attempts();
  attempts.handleStatus({ ...SYNCED, state: "syncing" }, 100);
  attempts.handleStatus({ ...failed("network"), error: { code: "network", message: "gone", at: 130 } }, 131);
  attempts.handleError({ code: "network", message: "gone" }, 132);
  attempts.handleStatus({ ...SYNCED, state: "syncing" }, 3000);
  attempts.handleStatus({ ...failed("server"), error: { code: "server", message: "broken", at: 3100 } }, 3101);
  attempts.handleError({ code: "timeout", message: "slow" }, 90_000);
  const seen = attempts.all.map(({ startedAt, endedAt, outcome, code, message }) => [startedAt, endedAt, outcome, code, message]);
  assert.deepEqual(seen, [[100, 131, "failed", "network", "gone"], [3000, 3101, "failed", "server", "broken"], [90_000, 90_000, "failed", "timeout", "slow"]]);
});

test("a history of attempts has an end", () => {
  const attempts = new Attempts();
  for (let at = 0; at < 500; at += 1) attempts.handleReport(REPORT, at * 2000);
  assert.equal(attempts.all.length, 200);
  assert.equal(new Set(attempts.all.map(({ id }) => id)).size, 200);
});

test("the chart keeps every mark inside, later ones further right, longer ones higher, more moved taller", () => {
  const attempts = new Attempts();
  attempts.handleReport({ ...REPORT, durationMs: 20, pushed: 1, pulled: 0 }, 1_000_000);
  attempts.handleReport({ ...REPORT, durationMs: 3000, pushed: 1000, pulled: 10 }, 1_030_000);
  attempts.handleStatus({ ...SYNCED, state: "syncing" }, 1_050_000);
  const { marks, left, right, floor, lines } = chartLayout(attempts.all, 1_060_000, 500);
  assert.equal(marks.length, 3);
  const [short, long, running] = marks;
  assert.ok(short && long && running);
  for (const { x, y, width } of marks) assert.ok(x >= left && x + width <= right + 1 && y >= 0 && y <= floor, JSON.stringify([x, y, width]));
  assert.ok(short.x < long.x && long.x < running.x);
  assert.ok(long.y < short.y);
  assert.ok(long.up > short.up && short.up > 0 && short.down === 0 && long.down > 0);
  assert.ok(lines.every(({ y }, index) => index === 0 || y < (lines[index - 1]?.y ?? 0)));
  assert.deepEqual(chartLayout([], 1000, 300).marks, []);
});

test("a panel opens below what opened it, above where there is no room, and never beyond the screen", () => {
  const screen = { width: 360, height: 740 };
  const panel = { width: 300, height: 200 };
  assert.deepEqual(panelPlace({ left: 100, right: 250, top: 10, bottom: 46 }, panel, screen), { x: 8, y: 52 });
  assert.deepEqual(panelPlace({ left: 300, right: 350, top: 10, bottom: 46 }, panel, screen), { x: 50, y: 52 });
  assert.deepEqual(panelPlace({ left: 300, right: 350, top: 690, bottom: 730 }, panel, screen), { x: 50, y: 484 });
});
