// @ts-check
// The client of an extension's pages: the API of the package over a port, also across the end of the service worker behind it.

import assert from "node:assert/strict";
import { after } from "node:test";

import { Account } from "./support/account.mjs";
import { settled, startFixture, startSignedIn } from "./support/client-extension.mjs";
import { Server } from "./support/server.mjs";
import { makeStopper } from "./support/service-workers.mjs";
import { startSilent } from "./support/site.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const server = await Server.start();
after(() => server.end());

/** @typedef {import("./support/client-extension.mjs").Fixture} Fixture */
/** @typedef {import("playwright-core").Page} Page */

/** The page's open client. */
const { db, failure } = /** @type {any} */ (globalThis);

/**
 * A connected page of an extension whose background has nobody to sync with.
 * @param {import("node:test").TestContext} t
 */
async function local(t) {
  const fixture = await startFixture(t);
  return { fixture, page: await fixture.page() };
}

/**
 * A connected page of an extension that syncs for a new user.
 * @param {import("node:test").TestContext} t
 * @param {object} [options]
 */
async function signedIn(t, options) {
  const account = await Account.register(server.url);
  const { fixture, page } = await startSignedIn(t, account, options);
  return { fixture, account, page };
}

test("a client reads and writes as the package itself does", async (t) => {
  const { page } = await local(t);
  const said = await page.evaluate(async () => {
    const todos = db.collection("todos");
    const milk = await todos.put({ title: "Milk", done: false });
    await todos.putAll([{ id: "b", title: "Bread", done: true }, { id: "e", title: "Eggs", done: false }]);
    const updated = await todos.update("e", { done: true });
    await db.batch((/** @type {any} */ tx) => {
      tx.put("notes", { id: "n", text: "one" });
      tx.update("todos", "b", { title: "Rye" });
      tx.delete("todos", milk.id);
    });
    return {
      milk: { ...milk, id: typeof milk.id === "string" && milk.id.length },
      updated,
      list: await todos.list({ where: { done: true }, orderBy: "-title" }),
      all: await todos.getAll(["e", "none", "b"]),
      absent: (await todos.get(milk.id)) === undefined,
      counts: [await todos.count(), await db.collection("notes").count({ where: { text: "one" } })],
      state: [await todos.state("b"), await todos.state("none")],
      pending: (await db.pending()).map((/** @type {any} */ { record, op }) => `${op} ${record}`).sort(),
      status: [db.status.pending, db.status.state, db.status.leader],
      storage: (await db.storage()).records,
      names: [db.name, typeof db.device, db.metrics().commitMs !== undefined],
      flushed: await db.flush(),
    };
  });
  assert.deepEqual(said, {
    milk: { title: "Milk", done: false, id: 36 },
    updated: { id: "e", title: "Eggs", done: true },
    list: [{ id: "b", title: "Rye", done: true }, { id: "e", title: "Eggs", done: true }],
    all: [{ id: "e", title: "Eggs", done: true }, undefined, { id: "b", title: "Rye", done: true }],
    absent: true,
    counts: [2, 1],
    state: ["pending", "absent"],
    pending: ["put b", "put e", "put n"],
    status: [3, "disabled", false],
    storage: 3,
    names: ["fixture", "string", true],
    flushed: undefined,
  });
});

test("a client gives the same object for a document until it changes, also after the service worker was stopped", async (t) => {
  const { page } = await local(t);
  const same = (/** @type {string} */ at) => page.evaluate(async (at) => {
    const state = /** @type {any} */ (window);
    const [a] = await db.collection("todos").getAll(["a"]);
    const [listed] = await db.collection("todos").list();
    state.kept ??= a;
    return { at, isSame: a === state.kept && listed === state.kept };
  }, at);
  await page.evaluate(() => db.collection("todos").put({ id: "a", v: 1 }));
  assert.deepEqual(await same("once"), { at: "once", isSame: true });
  assert.deepEqual(await same("again"), { at: "again", isSame: true });
  await (await makeStopper(page))();
  assert.deepEqual(await same("after the stop"), { at: "after the stop", isSame: true });
  await page.evaluate(() => db.collection("todos").update("a", { v: 2 }));
  assert.deepEqual(await same("after a change"), { at: "after a change", isSame: false });
});

test("errors cross with their code, whether trying again helps, and the field", async (t) => {
  const { page } = await local(t);
  const { missing, field, early, none, query, mode, date, async: asynchronous } = await page.evaluate(async () => {
    const todos = db.collection("todos");
    /** @type {any} */
    const none = { code: undefined };
    try {
      db.collection("none");
    } catch (thrown) {
      none.code = /** @type {any} */ (thrown).code;
    }
    return {
      missing: await failure(todos.update("none", { v: 1 })),
      field: await failure(todos.put({ a: { b: ["fine", "\ud800"] } })),
      early: await failure(todos.putAll([{ a: 1 }, { a: { b: [1, () => 1] } }])),
      date: await failure(todos.put({ at: new Date() })),
      none,
      query: await failure(todos.list({ limit: -1 })),
      mode: await failure(db.import(new Blob(["no file"]), "merge")),
      async: await failure(db.batch(async () => {})),
    };
  });
  assert.deepEqual([missing.code, missing.name, missing.retryable, missing.isSynclineError], ["not-found", "SynclineError", false, true]);
  assert.deepEqual([field.code, field.details], ["invalid-document", { field: "a.b[1]" }]);
  assert.deepEqual([early.code, early.details], ["invalid-document", { field: "[1].a.b[1]" }]);
  assert.deepEqual([date.code, date.details], ["invalid-document", { field: "at" }]);
  assert.equal(none.code, "invalid-argument");
  assert.equal(query.code, "invalid-argument");
  assert.equal(mode.code, "invalid-argument");
  assert.equal(asynchronous.code, "invalid-argument");
});

test("live queries and events go on after the service worker was stopped, and say what is whose", async (t) => {
  const { fixture, page } = await local(t);
  const other = await fixture.page();
  await page.evaluate(() => {
    const state = /** @type {any} */ (window);
    state.told = [];
    state.live = db.collection("todos").live({ where: { done: false }, orderBy: "title" });
    state.stop = state.live.subscribe((/** @type {any[]} */ docs) => state.told.push(docs.map(({ title }) => title).join()));
  });
  const last = () => page.evaluate(() => /** @type {any} */ (window).told.at(-1));
  const put = (/** @type {Page} */ from, /** @type {string} */ title) => from.evaluate((title) => db.collection("todos").put({ id: title, title, done: false }), title);
  await untilEqual(last, "");
  await put(page, "Milk");
  await put(other, "Bread");
  await untilEqual(last, "Bread,Milk");
  const kept = await page.evaluateHandle(() => /** @type {any} */ (window).live.current);
  await (await makeStopper(page))();
  await put(other, "Eggs");
  await untilEqual(last, "Bread,Eggs,Milk");
  const isKept = await page.evaluate((kept) => kept[0] === /** @type {any} */ (window).live.current[0] && kept[1] === /** @type {any} */ (window).live.current[2], kept);
  assert.ok(isKept, "what did not change is the same");
  const origins = () => page.evaluate(() => /** @type {any} */ (window).heard.change.map((/** @type {any} */ { ids, origin }) => `${ids} ${origin}`));
  await untilEqual(origins, ["Milk local", "Bread context", "Eggs context"]);
  const within = await page.evaluate(() => {
    /** @type {number[]} */
    const told = [];
    /** @type {any} */ (window).live.subscribe((/** @type {any[]} */ docs) => told.push(docs.length))();
    return told;
  });
  assert.deepEqual(within, [3], "who comes later is told within the call");
  await page.evaluate(() => /** @type {any} */ (window).stop());
  const first = await page.evaluate(async () => {
    for await (const docs of /** @type {any} */ (window).live) return docs.length;
  });
  assert.equal(first, 3);
});

test("what a client writes while the service worker is stopped is durable, each once", async (t) => {
  const { page } = await local(t);
  const writing = page.evaluate(async () => {
    const todos = db.collection("todos");
    const acknowledged = [];
    for (let number = 0; number < 300; number += 1) acknowledged.push((await todos.put({ number })).id);
    return acknowledged;
  });
  const stop = await makeStopper(page);
  await stop();
  await stop();
  const acknowledged = await writing;
  const found = await page.evaluate(() => db.collection("todos").list());
  assert.deepEqual(found.map((/** @type {any} */ { id }) => id).sort(), acknowledged.sort());
});

test("a client's edits reach the server, its records come to the client, and both say so", async (t) => {
  const { page, account } = await signedIn(t);
  const synced = await page.evaluate(async () => {
    const todos = db.collection("todos");
    const { id } = await todos.put({ title: "Milk" });
    await todos.whenSynced(id);
    return { id, state: await todos.state(id) };
  });
  assert.equal(synced.state, "synced");
  assert.deepEqual((await account.record("todos", synced.id))?.data, { id: synced.id, title: "Milk" });
  await settled(page);
  const report = await page.evaluate(() => db.sync({ budgetMs: 5_000 }));
  assert.equal(report.pushed, 0);
  const subscribed = await page.evaluate(() => {
    /** @type {string[]} */
    const states = [];
    db.subscribe((/** @type {any} */ { state }) => states.push(state))();
    return states;
  });
  assert.deepEqual(subscribed, ["synced"]);
  assert.ok(await page.evaluate(() => /** @type {any} */ (window).heard.sync.length > 0));
});

test("a client that gives up a sync is told so", async (t) => {
  const { fixture, account, page } = await signedIn(t);
  await settled(page);
  const silent = await startSilent();
  t.after(() => silent.end());
  await fixture.setOptions(page, { url: silent.url, token: account.token, account: account.email });
  await fixture.reopen(page);
  const wrong = await page.evaluate(async () => {
    const given = new AbortController();
    const syncing = failure(db.sync({ signal: given.signal }));
    // What is asked later is answered: the sync is under way.
    await db.collection("todos").count();
    given.abort();
    return syncing;
  });
  assert.deepEqual([wrong.code, wrong.retryable], ["aborted", false]);
});

test("everything crosses a port as a file and comes back from it", async (t) => {
  const { page } = await local(t);
  const { size, type, records, after } = await page.evaluate(async () => {
    const todos = db.collection("todos");
    // So much that it takes several slices.
    const docs = Array.from({ length: 400 }, (_, number) => ({ id: `r${number}`, noise: Array.from(crypto.getRandomValues(new Uint8Array(300))).join() }));
    await todos.putAll(docs);
    const file = await db.export();
    await db.batch((/** @type {any} */ tx) => docs.slice(0, 100).forEach(({ id }) => tx.delete("todos", id)));
    const { records } = await db.import(file, "replace");
    return { size: file.size, type: file.type, records, after: await todos.count() };
  });
  assert.ok(size > 100_000, String(size));
  assert.equal(type, "application/gzip");
  assert.deepEqual([records, after], [400, 400]);
});

test("a client of a background that has nothing to open is told so, and is served once it has", async (t) => {
  const fixture = await startFixture(t);
  const page = await fixture.bare();
  await fixture.setOptions(page, null);
  await fixture.reopen(page);
  const wrong = await page.evaluate(() => failure(/** @type {any} */ (window).connect()));
  assert.deepEqual([wrong.code, wrong.retryable, wrong.details], ["closed", true, { reason: "nothing-to-open" }]);
  await fixture.setOptions(page, {});
  await page.evaluate(() => /** @type {any} */ (window).start());
  assert.equal(await page.evaluate(() => db.name), "fixture");
});

test("connected clients go on with the database that the background opens instead", async (t) => {
  const { fixture, page } = await local(t);
  await page.evaluate(async () => {
    const state = /** @type {any} */ (window);
    await db.collection("todos").put({ id: "of the first" });
    db.collection("todos").live().subscribe((/** @type {any[]} */ docs) => (state.ids = docs.map(({ id }) => id)));
  });
  const ids = () => page.evaluate(() => /** @type {any} */ (window).ids);
  await untilEqual(ids, ["of the first"]);
  await fixture.setOptions(page, null);
  await fixture.reopen(page);
  const { code, details } = await page.evaluate(() => failure(db.collection("todos").put({ id: "of none" })));
  assert.deepEqual([code, details], ["closed", { reason: "nothing-to-open" }]);
  await fixture.setOptions(page, { name: "second" });
  await fixture.reopen(page);
  await untilEqual(ids, []);
  await untilEqual(() => page.evaluate(() => db.name), "second");
  await page.evaluate(() => db.collection("todos").put({ id: "of the second" }));
  await untilEqual(ids, ["of the second"]);
});

test("a client that nobody serves says within its time that there is no background", async (t) => {
  const fixture = await startFixture(t);
  const page = await fixture.bare();
  const wrong = await page.evaluate(() => failure(/** @type {any} */ (window).connect({ port: "nobody", timeout: 300 })));
  assert.deepEqual([wrong.code, wrong.retryable], ["timeout", true]);
});

test("a closed client rejects, and the background goes on", async (t) => {
  const { fixture, page } = await local(t);
  const codes = await page.evaluate(async () => {
    const waiting = failure(db.collection("todos").list());
    await db.close();
    return [(await waiting).code, (await failure(db.collection("todos").get("a"))).code];
  });
  assert.deepEqual(codes, ["closed", "closed"]);
  const other = await fixture.page();
  assert.equal(await other.evaluate(() => db.collection("todos").count()), 0);
});

test("a content script is a client too, and is told when its extension was updated", async (t) => {
  const { fixture, page } = await local(t);
  const site = await fixture.content(`${server.url}/`);
  const ask = (/** @type {any[]} */ ...args) => site.evaluate((args) => /** @type {any} */ (window).ask(...args), args);
  const { id } = await ask("todos", "put", { title: "Selected" });
  assert.deepEqual(await page.evaluate((id) => db.collection("todos").get(id), id), { id, title: "Selected" });
  await (await makeStopper(page))();
  assert.equal(await ask("todos", "count"), 1);
  // Chromium closes the extension's pages first. Who asks for a port in the middle of that has once had the whole browser end.
  const gone = page.waitForEvent("close");
  await page.evaluate(() => setTimeout(() => chrome.runtime.reload()));
  await gone;
  await until("the content script's extension is gone", () => site.evaluate(async () => {
    const wrong = await /** @type {any} */ (window).ask("todos", "count").catch((/** @type {any} */ thrown) => thrown);
    return wrong.code === "closed";
  }));
});
