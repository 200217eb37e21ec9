// @ts-check
// Conflicts that somebody has to choose: kept for the user, or handed to a function of the app's. Two devices, the real server.

import assert from "node:assert/strict";
import { after } from "node:test";

import { DELETE, agreed, meeting } from "./support/pair.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** @typedef {import("node:test").TestContext} TestContext */
/** @typedef {Awaited<ReturnType<typeof meeting>>} Both */

const MANUAL = { collections: { todos: { conflict: "manual" } } };
/** @type {(t: TestContext, options: object, mine: object | typeof DELETE, theirs: object | typeof DELETE) => Promise<Both>} */
const met = (t, options, mine, theirs) => meeting(stage, t, "todos", { title: "Milk" }, options, mine, theirs);

/**
 * Waits for the conflict of the first device and gives it.
 * @param {Both} both
 */
async function conflictOf({ a }) {
  await until("there is a conflict", async () => (await a.status()).conflicts === 1);
  const [conflict, ...others] = await a.run((db) => db.conflicts());
  assert.deepEqual(others, []);
  return conflict;
}

/**
 * @param {Both} both
 * @param {string} conflict
 * @param {any} choice
 */
const resolve = ({ a }, conflict, choice) => a.run((db, [conflict, choice]) => db.resolve(conflict, choice), /** @type {const} */ ([conflict, choice]));

test("a conflict is kept with all three documents, and nothing else waits for it", async (t) => {
  const both = await met(t, MANUAL, { title: "Oat milk" }, { done: true });
  const { a, b, id } = both;
  const conflict = await conflictOf(both);
  assert.deepEqual([conflict.collection, conflict.record, conflict.kind], ["todos", id, "update-update"]);
  assert.deepEqual([conflict.base, conflict.local, conflict.remote], [{ title: "Milk", id }, { title: "Oat milk", id }, { title: "Milk", id, done: true }]);
  const [told, ...others] = await a.heard("conflict");
  assert.deepEqual([told.id, told.resolvedAs, others], [conflict.id, "parked", []]);
  assert.deepEqual(await a.get("todos", id), { title: "Oat milk", id }, "the user goes on seeing the edit");
  const { pending, conflicts } = await a.status();
  assert.deepEqual([pending, conflicts, await a.pending()], [0, 1, []]);
  assert.equal(await a.run((db, id) => db.collection("todos").state(id), id), "conflict");
  const other = await a.put("todos", { title: "Bread" });
  await a.settled();
  await untilEqual(() => b.get("todos", other.id), other);
  await a.reload();
  assert.equal((await conflictOf(both)).id, conflict.id);
});

for (const [choice, expected] of /** @type {const} */ ([
  ["local", { title: "Oat milk" }],
  ["remote", { title: "Soy milk" }],
  [{ merged: { title: "Rice milk" } }, { title: "Rice milk" }],
  [{ merged: null }, null],
])) {
  test(`a choice of ${JSON.stringify(choice)} ends the conflict everywhere`, async (t) => {
    const both = await met(t, MANUAL, { title: "Oat milk" }, { title: "Soy milk" });
    const { id } = await conflictOf(both);
    await resolve(both, id, choice);
    await agreed(both, "todos", expected && { ...expected, id: both.id });
    const shown = () => both.a.run(async (db) => [db.status.conflicts, db.status.state, await db.conflicts()]);
    await untilEqual(shown, [0, "synced", []]);
    const again = await both.a.failure((db, id) => db.resolve(id, "local"), id);
    assert.equal(again.code, "not-found");
  });
}

for (const [choice, isKept] of /** @type {const} */ ([["local", true], ["remote", false]])) {
  test(`an edit of what was deleted elsewhere is a conflict, and ${choice} is chosen`, async (t) => {
    const both = await met(t, MANUAL, { title: "Oat milk" }, DELETE);
    const { id, kind, remote } = await conflictOf(both);
    assert.deepEqual([kind, remote], ["update-delete", null]);
    await resolve(both, id, choice);
    await agreed(both, "todos", isKept ? { id: both.id, title: "Oat milk" } : null);
  });

  test(`a deletion of what was edited elsewhere is a conflict, and ${choice} is chosen`, async (t) => {
    const both = await met(t, MANUAL, DELETE, { title: "Soy milk" });
    const { id, kind, local } = await conflictOf(both);
    assert.deepEqual([kind, local, await both.a.get("todos", both.id)], ["delete-update", null, null]);
    await resolve(both, id, choice);
    await agreed(both, "todos", isKept ? null : { id: both.id, title: "Soy milk" });
  });
}

test("further edits on either side are the sides of the conflict, and giving the change up takes the remote one", async (t) => {
  const both = await met(t, MANUAL, { title: "Oat milk" }, { title: "Soy milk" });
  const { a, b, id } = both;
  const first = await conflictOf(both);
  await a.update("todos", id, { title: "Oat milk, two" });
  await b.update("todos", id, { title: "Soy milk, two" });
  await b.settled();
  const now = async () => {
    const { id, local, remote, base } = await conflictOf(both);
    return { id, local: local.title, remote: remote.title, base: base.title };
  };
  await untilEqual(now, { id: first.id, local: "Oat milk, two", remote: "Soy milk, two", base: "Milk" });
  await a.run((db, change) => db.discard(change), first.id);
  await agreed(both, "todos", { id, title: "Soy milk, two" });
});

test("a conflict ends by itself where the other side comes to say the same", async (t) => {
  const both = await met(t, MANUAL, { title: "Oat milk" }, { title: "Soy milk" });
  await conflictOf(both);
  await both.b.update("todos", both.id, { title: "Oat milk" });
  await untilEqual(async () => (await both.a.status()).conflicts, 0);
  await agreed(both, "todos", { id: both.id, title: "Oat milk" });
});

/**
 * What the first device was told of the app's function. A request that is under way when the network goes or comes breaks, and
 * that is told too.
 * @param {Both} both
 */
const toldOfFunction = async ({ a }) => (await a.heard("error")).filter(({ code }) => code !== "network");

/** @param {Function} strategy */
const by = (strategy) => ({ collections: { todos: {} }, strategies: { todos: String(strategy) } });

for (const [what, strategy] of /** @type {const} */ ([
  ["function", (/** @type {any} */ c) => ({ ...c.base, title: `${c.local.title} or ${c.remote.title}` })],
  ["asynchronous function", async (/** @type {any} */ c) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { ...c.base, title: `${c.local.title} or ${c.remote.title}` };
  }],
])) {
  test(`what a ${what} says is pushed by the same call of sync`, async (t) => {
    const both = await met(t, by(strategy), { title: "Oat milk" }, { title: "Soy milk" });
    await both.a.run((db) => db.sync());
    await agreed(both, "todos", { id: both.id, title: "Oat milk or Soy milk" });
    const [told, ...others] = await both.a.heard("conflict");
    assert.deepEqual([told.resolvedAs, told.local.title, told.remote.title, others], ["merged", "Oat milk", "Soy milk", []]);
    assert.equal((await both.a.status()).conflicts, 0);
  });
}

test("a function that gives null deletes", async (t) => {
  const both = await met(t, by(() => null), { title: "Oat milk" }, { title: "Soy milk" });
  await agreed(both, "todos", null);
});

for (const [what, code, strategy] of /** @type {const} */ ([
  ["throws", "invalid-argument", () => { throw new Error("I do not know"); }],
  ["rejects", "invalid-argument", async () => { throw new Error("I do not know"); }],
  ["gives no document", "invalid-document", () => 7],
])) {
  test(`a function that ${what} leaves the conflict to the user, and says so`, async (t) => {
    const both = await met(t, by(strategy), { title: "Oat milk" }, { title: "Soy milk" });
    const { id } = await conflictOf(both);
    await until("the app was told", async () => (await both.a.heard("conflict")).length > 0);
    const [told, ...others] = await both.a.heard("conflict");
    assert.deepEqual([told.id, told.resolvedAs, others], [id, "parked", []]);
    const errors = await toldOfFunction(both);
    assert.deepEqual(errors.map((error) => error.code), [code]);
    await both.a.run((db) => db.sync());
    assert.deepEqual(await toldOfFunction(both), errors, "it is not asked again in every cycle");
    await resolve(both, id, "local");
    await agreed(both, "todos", { id: both.id, title: "Oat milk" });
  });
}

test("a function that never answers holds up nothing else", async (t) => {
  const both = await met(t, by(() => new Promise(() => {})), { title: "Oat milk" }, { title: "Soy milk" });
  await until("the conflict is met", async () => (await both.a.status()).conflicts === 1);
  const other = await both.a.put("todos", { title: "Bread" });
  const began = Date.now();
  await untilEqual(() => both.b.get("todos", other.id), other);
  assert.ok(Date.now() - began < 5_000, "other records flow on");
  await until("the app was told", async () => (await both.a.heard("conflict")).length > 0);
  assert.equal((await toldOfFunction(both))[0].code, "timeout");
  await both.a.settled();
});
