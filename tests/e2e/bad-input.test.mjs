// @ts-check
// What cannot be taken: each a SynclineError with its code that names the field, and nothing is half-written.

import assert from "node:assert/strict";
import { after } from "node:test";

import { Device } from "./support/device.mjs";
import { setStage } from "./support/stage.mjs";
import { startForeign } from "./support/site.mjs";
import { test, until } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

// One database for all that writes nothing: each test says that it did not.
const profile = await stage.browser.newContext();
const device = await Device.open(profile, stage.site.url, {});
await device.put("todos", { id: "kept", title: "Kept" });

/**
 * A call that must fail with a code and the name of a field, and leave everything as it was.
 * @param {string} name
 * @param {{ code: string, field: string, ask: (db: any) => unknown }} expected
 */
function refuses(name, { code, field, ask }) {
  test(name, async () => {
    const error = await device.failure(ask);
    assert.deepEqual([error.isSynclineError, error.name, error.code, error.retryable], [true, "SynclineError", code, false]);
    assert.ok(error.message.startsWith(`${field}: `), `names ${field}: ${error.message}`);
    assert.deepEqual(await device.list("todos"), [{ id: "kept", title: "Kept" }]);
    assert.equal((await device.pending()).length, 1);
  });
}

const DOCUMENT = "invalid-document";
const ARGUMENT = "invalid-argument";

refuses("a function in a document", { code: DOCUMENT, field: "a.run", ask: (db) => db.collection("todos").put({ a: { run() {} } }) });
refuses("a symbol in a document", { code: DOCUMENT, field: "a", ask: (db) => db.collection("todos").put({ a: Symbol("a") }) });
refuses("a cycle in a document", {
  code: DOCUMENT, field: "a.b[0]",
  ask: (db) => {
    const a = { b: /** @type {any[]} */ ([]) };
    a.b.push(a);
    return db.collection("todos").put({ a });
  },
});
refuses("NaN in a document", { code: DOCUMENT, field: "a[1]", ask: (db) => db.collection("todos").put({ a: [1, NaN] }) });
refuses("Infinity in a document", { code: DOCUMENT, field: "a", ask: (db) => db.collection("todos").put({ a: -Infinity }) });
refuses("a BigInt in a document", { code: DOCUMENT, field: "a", ask: (db) => db.collection("todos").put({ a: 1n }) });
refuses("undefined in an array", { code: DOCUMENT, field: "a[0]", ask: (db) => db.collection("todos").put({ a: [undefined] }) });
refuses("a hole in an array", { code: DOCUMENT, field: "a[1]", ask: (db) => db.collection("todos").put({ a: [1, , 3] }) });
refuses("a Date in a document", { code: DOCUMENT, field: "due", ask: (db) => db.collection("todos").put({ due: new Date() }) });
refuses("a Map in a document", { code: DOCUMENT, field: "a", ask: (db) => db.collection("todos").put({ a: new Map() }) });
refuses("an instance of a class in a document", { code: DOCUMENT, field: "a", ask: (db) => db.collection("todos").put({ a: new (class Point {})() }) });
refuses("a typed array in a document", { code: DOCUMENT, field: "a", ask: (db) => db.collection("todos").put({ a: new Uint8Array(2) }) });
refuses("half a character in a document", { code: DOCUMENT, field: "a", ask: (db) => db.collection("todos").put({ a: "\ud83c" }) });
refuses("a document that is an array", { code: DOCUMENT, field: "document", ask: (db) => db.collection("todos").put([]) });
refuses("a document that is null", { code: DOCUMENT, field: "document", ask: (db) => db.collection("todos").put(null) });
refuses("an empty id", { code: DOCUMENT, field: "id", ask: (db) => db.collection("todos").put({ id: "" }) });
refuses("an id that is a number", { code: DOCUMENT, field: "id", ask: (db) => db.collection("todos").put({ id: 7 }) });
refuses("an id that is null", { code: DOCUMENT, field: "id", ask: (db) => db.collection("todos").put({ id: null }) });
refuses("an id of 257 characters", { code: DOCUMENT, field: "id", ask: (db) => db.collection("todos").put({ id: "x".repeat(257) }) });
refuses("a bad document among good ones", { code: DOCUMENT, field: "[1] a", ask: (db) => db.collection("todos").putAll([{ ok: 1 }, { a: () => {} }, { ok: 2 }]) });
refuses("documents that are no array", { code: ARGUMENT, field: "docs", ask: (db) => db.collection("todos").putAll({ ok: 1 }) });
refuses("a batch with one bad member", {
  code: DOCUMENT, field: "a",
  ask: (db) => db.batch((/** @type {any} */ tx) => {
    tx.put("todos", { id: "kept", title: "Overwritten" });
    tx.put("todos", { a: NaN });
  }),
});
refuses("a batch that is asynchronous", {
  code: ARGUMENT, field: "write",
  ask: (db) => db.batch(async (/** @type {any} */ tx) => tx.put("todos", { id: "late" })),
});
refuses("a batch into an unknown collection", { code: ARGUMENT, field: "collection", ask: (db) => db.batch((/** @type {any} */ tx) => tx.put("nowhere", {})) });
refuses("a patch that is no object", { code: ARGUMENT, field: "patch", ask: (db) => db.collection("todos").update("kept", "title") });
refuses("a patch with a function", { code: DOCUMENT, field: "title", ask: (db) => db.collection("todos").update("kept", { title() {} }) });
refuses("an unknown collection", { code: ARGUMENT, field: "collection", ask: (db) => db.collection("nowhere") });
refuses("an unknown collection to enable", { code: ARGUMENT, field: "collection", ask: (db) => db.enable("nowhere") });
refuses("ids that are no strings", { code: ARGUMENT, field: "ids", ask: (db) => db.collection("todos").getAll([7]) });
refuses("a budget that is no number", { code: ARGUMENT, field: "budgetMs", ask: (db) => db.sync({ budgetMs: "soon" }) });
refuses("a signal that is none", { code: ARGUMENT, field: "signal", ask: (db) => db.sync({ signal: {} }) });
refuses("a limit that is no number", { code: ARGUMENT, field: "limit", ask: (db) => db.collection("todos").list({ limit: "all" }) });
refuses("an operator that queries do not have", { code: ARGUMENT, field: "where.n.like", ask: (db) => db.collection("todos").list({ where: { n: { like: "x" } } }) });
refuses("a part of a query that there is not", { code: ARGUMENT, field: "sort", ask: (db) => db.collection("todos").list({ sort: "n" }) });

test("an update of a record that is not there is not-found", async () => {
  const error = await device.failure((db) => db.collection("todos").update("missing", { a: 1 }));
  assert.deepEqual([error.isSynclineError, error.code], [true, "not-found"]);
});

test("what JSON can hold is taken: 256 characters of id, undefined properties left out, objects without a prototype", async (t) => {
  const own = await stage.localDevice(t);
  const found = await own.run(async (db) => {
    const bare = Object.assign(Object.create(null), { a: 1 });
    return db.collection("todos").put({ id: "🍒".repeat(256), gone: undefined, bare, zero: -0, text: "\u0000\u2028" });
  });
  assert.deepEqual(found, { id: "🍒".repeat(256), bare: { a: 1 }, zero: 0, text: "\u0000\u2028" });
});

test("a document of a hundred thousand levels is refused, not a crash", async () => {
  const error = await device.failure((db) => {
    let deep = {};
    for (let level = 0; level < 100_000; level += 1) deep = { deep };
    return db.collection("todos").put(deep);
  });
  assert.deepEqual([error.isSynclineError, error.code], [true, DOCUMENT]);
  assert.deepEqual(await device.list("todos"), [{ id: "kept", title: "Kept" }]);
});

/**
 * Options that must be refused.
 * @param {string} name
 * @param {string} field
 * @param {string} options As JavaScript, since some cannot cross into the page.
 */
function refusesOptions(name, field, options) {
  test(`opening with ${name} is refused`, async () => {
    const error = await device.failure((_, options) => /** @type {any} */ (window).open((0, eval)(`(${options})`)), options);
    assert.deepEqual([error.isSynclineError, error.code], [true, ARGUMENT]);
    assert.ok(error.message.startsWith(`${field}: `) || error.message.startsWith(`${field} `), `names ${field}: ${error.message}`);
    const databases = await device.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
    assert.ok(!databases.some((name) => name?.includes("refused")), String(databases));
  });
}

const MORE = 'name: "refused", collections: { todos: {} }';
refusesOptions("no options", "options", "undefined");
refusesOptions("no name", "name", "{ collections: {} }");
refusesOptions("an empty name", "name", '{ name: "", collections: {} }');
refusesOptions("no collections", "collections", '{ name: "refused" }');
refusesOptions("a collection without options", "collections.todos", '{ name: "refused", collections: { todos: 1 } }');
refusesOptions("a collection without a name", "collections", '{ name: "refused", collections: { "": {} } }');
refusesOptions("a strategy there is not", "collections.todos.conflict", '{ name: "refused", collections: { todos: { conflict: "newest" } } }');
refusesOptions("an option there is not", "colections", `{ ${MORE}, colections: {} }`);
refusesOptions("a backend of a kind there is not", "backend.kind", `{ ${MORE}, backend: { kind: "carrier-pigeon", url: "http://localhost" } }`);
refusesOptions("a backend without a url", "backend.url", `{ ${MORE}, backend: { kind: "syncline" } }`);
refusesOptions("a url that is none", "backend.url", `{ ${MORE}, backend: { kind: "syncline", url: "not a url" } }`);
refusesOptions("a url of another scheme", "backend.url", `{ ${MORE}, backend: { kind: "syncline", url: "ftp://localhost" } }`);
refusesOptions("a url without a host", "backend.url", `{ ${MORE}, backend: { kind: "syncline", url: "https://" } }`);
refusesOptions("a url whose port is none", "backend.url", `{ ${MORE}, backend: { kind: "syncline", url: "http://localhost:99999999" } }`);
refusesOptions("a url with a space in its host", "backend.url", `{ ${MORE}, backend: { kind: "syncline", url: "http://lo cal" } }`);
refusesOptions("a token that is no function", "token", `{ ${MORE}, token: "secret" }`);
refusesOptions("a poll interval that is text", "schedule.pollInterval", `{ ${MORE}, schedule: { pollInterval: "often" } }`);
refusesOptions("an account that is a number", "account", `{ ${MORE}, account: 7 }`);
refusesOptions("a cache of half a byte", "cacheBytes", `{ ${MORE}, cacheBytes: 0.5 }`);
refusesOptions("indexes that are one text", "collections.todos.indexes", '{ name: "refused", collections: { todos: { indexes: "done" } } }');
refusesOptions("a direction there is not", "collections.todos.direction", '{ name: "refused", collections: { todos: { direction: "up" } } }');
refusesOptions("a backoff that is a number", "schedule.backoff", `{ ${MORE}, schedule: { backoff: 5 } }`);
refusesOptions("a poll interval below zero", "schedule.pollInterval", `{ ${MORE}, schedule: { pollInterval: -1 } }`);
refusesOptions("a bandwidth of nothing", "schedule.bandwidth", `{ ${MORE}, schedule: { bandwidth: 0 } }`);
refusesOptions("an unknown way to save data", "schedule.saveData", `{ ${MORE}, schedule: { saveData: "never" } }`);
refusesOptions("an option of the schedule there is not", "schedule.every", `{ ${MORE}, schedule: { every: 5 } }`);
refusesOptions("encryption, which is not built yet", "encryption", `{ ${MORE}, encryption: { key: { passphrase: "x" }, scope: "both" } }`);
refusesOptions("a backend of three functions, which is not built yet", "backend as three functions", `{ ${MORE}, backend: { pull() {}, push() {} } }`);
refusesOptions("another kind of backend, which is not built yet", "backend.kind", `{ ${MORE}, backend: { kind: "couchdb", url: "http://localhost" } }`);
refusesOptions("a limit of deletions above 1", "collections.todos.massDeletionLimit", '{ name: "refused", collections: { todos: { massDeletionLimit: 50 } } }');
refusesOptions("a time to keep records that is none", "collections.todos.retain.days", '{ name: "refused", collections: { todos: { retain: { days: 0 } } } }');
refusesOptions("a strategy that is an object", "collections.todos.conflict", '{ name: "refused", collections: { todos: { conflict: {} } } }');

for (const choice of ["undefined", "null", '"mine"', "{}", "{ merged: undefined }", "{ merged: 7 }", "{ merged: { at: new Date(0) } }"]) {
  test(`resolving a conflict by ${choice} is refused`, async () => {
    const error = await device.failure((db, text) => db.resolve("one", (0, eval)(`(${text})`)), choice);
    assert.equal(error.isSynclineError, true);
    assert.match(error.code, /^invalid-(argument|document)$/);
  });
}

test("a conflict that there is not is not found", async () => {
  const error = await device.failure((db) => db.resolve("none", "local"));
  assert.deepEqual([error.code, error.isSynclineError], ["not-found", true]);
});

for (const [status, code, what] of /** @type {const} */ ([[200, "protocol", "a page of HTML"], [502, "server", "a gateway's error page"]])) {
  test(`a server that answers with ${what} is an error of code ${code}, and changes are kept`, async (t) => {
    const foreign = await startForeign(status);
    t.after(() => foreign.end());
    const own = await stage.localDevice(t, { url: foreign.url, tokens: ["token"] });
    await own.run((db) => db.enable());
    const todo = await own.put("todos", { title: "Milk" });
    const error = await own.failure((db) => db.sync());
    assert.deepEqual([error.isSynclineError, error.code, error.retryable], [true, code, true]);
    assert.match(error.message, status === 200 ? /text\/html/ : /502/);
    await until("the status says so", async () => (await own.status()).state === "error");
    assert.deepEqual([await own.get("todos", todo.id), (await own.pending()).length], [todo, 1]);
  });
}

test("a server that is not there is an error of code network, and changes are kept", async (t) => {
  const foreign = await startForeign(200);
  await foreign.end();
  const own = await stage.localDevice(t, { url: foreign.url, tokens: ["token"] });
  await own.run((db) => db.enable());
  await own.put("todos", { title: "Milk" });
  const error = await own.failure((db) => db.sync());
  assert.deepEqual([error.isSynclineError, error.code, error.retryable], [true, "network", true]);
  assert.equal((await own.pending()).length, 1);
});

test("a token function that throws is told as such, and changes are kept", async (t) => {
  const own = await stage.localDevice(t);
  await own.put("todos", { title: "Milk" });
  const error = await own.failure(async (db, url) => {
    await db.close();
    const opened = await /** @type {any} */ (window).open({
      name: "e2e", collections: { todos: {}, notes: {} }, backend: { kind: "syncline", url },
      token() { throw new Error("the keychain is locked"); },
    });
    await opened.enable();
    return opened.sync();
  }, stage.server.url);
  assert.deepEqual([error.isSynclineError, error.code], [true, "network"]);
  assert.match(error.message, /^token: .*the keychain is locked/);
});
