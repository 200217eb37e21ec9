// @ts-check
// Documents of several versions: an app brings them up to its own, whoever wrote them, and loses none.

import assert from "node:assert/strict";
import { after } from "node:test";

import { setStage } from "./support/stage.mjs";
import { test, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/**
 * Opens the database anew in the page, as an app of version 2 or 3: `title` was `name` in version 1, and `done` a text.
 * @param {any} device
 * @param {number} version
 */
const openAs = (device, version) => device.run(async (/** @type {any} */ db, /** @type {any} */ [version, url, tokens, account]) => {
  await db.close();
  const page = /** @type {any} */ (window);
  page.db = await page.open({
    name: "e2e", account, backend: url && { kind: "syncline", url }, token: () => tokens?.[0] ?? null,
    schedule: { pollInterval: 600_000 },
    collections: {
      notes: {},
      todos: {
        conflict: "merge", indexes: ["title"], schemaVersion: version,
        migrate(/** @type {any} */ doc, /** @type {number} */ from) {
          if (doc.broken) throw new Error("it is broken");
          if (from < 2) {
            const { name, ...rest } = doc;
            doc = { ...rest, title: name };
          }
          return version > 2 ? { ...doc, done: doc.done === "yes" } : doc;
        },
      },
    },
  });
  page.errors = [];
  page.db.addEventListener("error", (/** @type {any} */ { detail }) => page.errors.push(detail.code));
}, [version, device.options.url, device.options.tokens, device.options.account]);

/** @param {any} device @param {string} text of a function of the database opened last */
const ask = (device, text) => device.run((/** @type {any} */ _db, /** @type {string} */ text) => (0, eval)(`(${text})`)(/** @type {any} */ (window).db), text);

test("documents written before are found by their new fields, and stay synced", async (t) => {
  const account = await stage.account();
  const one = await stage.device(t, account);
  await one.put("todos", { id: "a", name: "Milk", done: "yes", extra: [1, null] });
  await one.put("todos", { id: "b", name: "Bread", done: "no" });
  await one.settled();
  await openAs(one, 3);
  const milk = { id: "a", done: true, extra: [1, null], title: "Milk" };
  assert.deepEqual(await ask(one, "(db) => db.collection('todos').get('a')"), milk);
  assert.deepEqual(await ask(one, "(db) => db.collection('todos').list({ where: { title: 'Milk', done: true } })"), [milk]);
  assert.equal(await ask(one, "(db) => db.collection('todos').count({ where: { done: true } })"), 1);
  assert.deepEqual(await ask(one, "(db) => db.pending()"), []);
});

test("two pages of different versions edit one record, and each sees its own", async (t) => {
  const account = await stage.account();
  const [one, other] = [await stage.device(t, account), await stage.device(t, account)];
  await openAs(one, 2);
  await openAs(other, 3);
  await ask(one, "(db) => db.collection('todos').put({ id: 'a', title: 'Milk', done: 'yes' })");
  await ask(one, "(db) => db.sync()");
  await ask(other, "(db) => db.sync()");
  assert.deepEqual(await ask(other, "(db) => db.collection('todos').get('a')"), { id: "a", title: "Milk", done: true });
  await ask(other, "(db) => db.collection('todos').update('a', { done: false, later: 1 })");
  await ask(other, "(db) => db.sync()");
  await ask(one, "(db) => db.sync()");
  // What is newer is handed out as it is, and keeps what this app does not know.
  assert.deepEqual(await ask(one, "(db) => db.collection('todos').get('a')"), { id: "a", title: "Milk", done: false, later: 1 });
  await ask(one, "(db) => db.collection('todos').update('a', { title: 'Oat milk' })");
  await ask(one, "(db) => db.sync()");
  await ask(other, "(db) => db.sync()");
  await untilEqual(() => ask(other, "(db) => db.collection('todos').get('a')"), { id: "a", title: "Oat milk", done: false, later: 1 });
  assert.equal((await account.record("todos", "a"))?.data.$v, 3);
});

test("queued changes are migrated too, and a mark of the app's own is refused", async (t) => {
  const account = await stage.account();
  const one = await stage.device(t, account);
  await one.settled();
  await one.setOnline(false);
  await one.put("todos", { id: "a", name: "Milk" });
  await openAs(one, 2);
  assert.deepEqual((await ask(one, "async (db) => (await db.collection('todos').list(), await db.pending())")).map((/** @type {any} */ { data }) => data), [{ id: "a", title: "Milk" }]);
  await one.setOnline(true);
  await ask(one, "(db) => db.sync()");
  assert.deepEqual((await account.record("todos", "a"))?.data, { id: "a", title: "Milk", $v: 2 });
  for (const write of ["put({ id: 'x', $v: 1 })", "putAll([{ id: 'x', $v: 1 }])", "update('a', { $v: 1 })"]) {
    const error = await ask(one, `(db) => db.collection('todos').${write}.then(() => null, (error) => [error.code, error.message.includes("$v")])`);
    assert.deepEqual(error, ["invalid-document", true], write);
  }
});

test("a document that cannot be migrated is refused by its id, and everything else is served", async (t) => {
  const one = await stage.localDevice(t);
  await one.put("todos", { id: "a", name: "Milk" });
  await one.put("todos", { id: "b", name: "Bread", broken: true });
  await openAs(one, 2);
  assert.deepEqual(await ask(one, "(db) => db.collection('todos').list()"), [{ id: "a", title: "Milk" }]);
  const refused = "(error) => [error.code, error.details]";
  const error = ["invalid-document", { collection: "todos", id: "b", version: 0 }];
  assert.deepEqual(await ask(one, `(db) => db.collection('todos').get('b').then(() => null, ${refused})`), error);
  assert.deepEqual(await ask(one, `(db) => db.collection('todos').getAll(['a', 'b']).then(() => null, ${refused})`), error);
  assert.deepEqual(await one.run(() => /** @type {any} */ (window).errors), ["invalid-document"]);
  await ask(one, "(db) => db.close()");
  await one.reload();
  assert.deepEqual(await one.get("todos", "b"), { id: "b", name: "Bread", broken: true });
});
