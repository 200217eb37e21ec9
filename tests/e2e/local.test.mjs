// @ts-check
// The database in one page, without a server: what is read, what a reload keeps, what a batch promises, what queries follow.

import assert from "node:assert/strict";
import { after } from "node:test";

import { setStage } from "./support/stage.mjs";
import { test, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

const FRUITS = ["Apple", "Banana", "Cherry", "Date", "Elderberry"].map((title, n) => ({ id: `f${n}`, title, n, done: n % 2 === 0 }));

test("all documents and the queue are there after a reload", async (t) => {
  const device = await stage.localDevice(t);
  await device.run((db, docs) => db.collection("todos").putAll(docs), FRUITS);
  await device.update("todos", "f0", { title: "Apricot" });
  await device.run((db) => db.collection("todos").delete("f1"));
  await device.put("notes", { id: "n", text: "é 漢 🍒", deep: { list: [1, { a: null }], empty: {} } });
  const [todos, notes, pending, me] = [await device.list("todos"), await device.list("notes"), await device.pending(), await device.run((db) => db.device)];
  assert.deepEqual(todos.map(({ id, title }) => [id, title]), [["f0", "Apricot"], ["f2", "Cherry"], ["f3", "Date"], ["f4", "Elderberry"]]);
  assert.equal(pending.length, 5);
  await device.reload();
  assert.deepEqual(await device.list("todos"), todos);
  assert.deepEqual(await device.list("notes"), notes);
  assert.deepEqual(await device.pending(), pending);
  assert.equal((await device.status()).pending, 5);
  assert.equal(await device.run((db) => db.device), me);
});

test("a document comes back by its id as it was put, however long it is and wherever a character beyond ASCII lies", async (t) => {
  const device = await stage.localDevice(t);
  const others = await device.run(async (db) => {
    const todos = db.collection("todos");
    const ascii = Array.from({ length: 560 }, (_, length) => ({ id: `a${length}`, text: "\u007f~ ".repeat(187).slice(0, length) }));
    const beyond = Array.from({ length: 560 }, (_, place) => ({ id: `b${place}`, text: `${"-".repeat(place)}\u0080é漢🍒` }));
    await todos.putAll([...ascii, ...beyond]);
    const others = [];
    for (const doc of [...ascii, ...beyond]) {
      const found = await todos.get(doc.id);
      if (found?.id !== doc.id || found.text !== doc.text) {
        others.push([doc, found]);
      }
    }
    return others;
  });
  assert.deepEqual(others, []);
});

test("an id and a text that look like half a character, written out, are as good as any", async (t) => {
  const device = await stage.localDevice(t);
  const [id, text] = ["a\\ud800", "\\udfff 🍒"];
  await device.put("todos", { id, text });
  await device.update("todos", id, { again: text });
  assert.deepEqual(await device.get("todos", id), { id, text, again: text });
  await device.run((db, id) => db.collection("todos").delete(id), id);
  assert.equal(await device.get("todos", id), null);
});

test("thousands of commits are all there after a reload, whatever was compacted between", async (t) => {
  const device = await stage.localDevice(t);
  await device.run(async (db) => {
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 100 }, (_, n) => db.collection("todos").put({ id: `t${n}`, round })));
    }
  });
  await device.reload();
  const rounds = (await device.list("todos")).map(({ round }) => round);
  assert.deepEqual(rounds, Array.from({ length: 100 }, () => 19));
  assert.equal((await device.pending()).length, 100);
});

test("puts of one go are one change, keep their place among other writes, and fail one by one", async (t) => {
  const device = await stage.localDevice(t);
  const told = await device.run(async (db) => {
    const todos = db.collection("todos");
    const notes = db.collection("notes");
    /** @type {any[]} */
    const heard = [];
    db.addEventListener("change", (/** @type {CustomEvent} */ { detail }) => heard.push([detail.collection, [...detail.ids].sort()]));
    const one = { id: "a", n: 1 };
    const puts = [todos.put(one), todos.put({ id: "b", n: 1 }), notes.put({ id: "c" }), todos.put({ id: "d", n: Number.NaN }), todos.put({ id: "e" })];
    one.n = 2;
    const ends = [...puts, todos.update("b", { n: 2 }), todos.put({ id: "b2" }), todos.delete("e"), todos.put({ id: "a", n: 3 })];
    const settled = await Promise.allSettled(ends);
    return { heard, settled: settled.map((end) => (end.status === "fulfilled" ? (end.value ?? null) : end.reason.code)) };
  });
  assert.deepEqual(told.settled.slice(1, 4), [{ id: "b", n: 2 }, { id: "c" }, "invalid-document"]);
  assert.deepEqual(told.settled.slice(5), [{ id: "b", n: 2 }, { id: "b2" }, null, { id: "a", n: 3 }]);
  assert.deepEqual(told.heard.slice(0, 2).sort(), [["notes", ["c"]], ["todos", ["a", "b", "e"]]]);
  await device.reload();
  assert.deepEqual(await device.list("todos"), [{ id: "a", n: 3 }, { id: "b", n: 2 }, { id: "b2" }]);
  assert.deepEqual(await device.list("notes"), [{ id: "c" }]);
});

test("a put that nobody waits for is durable although the database is closed at once", async (t) => {
  const device = await stage.localDevice(t);
  await device.run(async (db) => {
    for (const id of ["a", "b"]) {
      db.collection("todos").put({ id }).catch(() => {});
    }
    await db.close();
    await new Promise((resolve) => setTimeout(resolve, 200));
  });
  await device.reload();
  assert.deepEqual(await device.list("todos"), [{ id: "a" }, { id: "b" }]);
});

test("a batch over two collections is written in one commit", async (t) => {
  const device = await stage.localDevice(t);
  await device.put("todos", { id: "old", title: "Old" });
  await device.run((db) => db.batch((/** @type {any} */ tx) => {
    tx.put("todos", { id: "new", title: "New" });
    tx.update("todos", "old", { title: "Edited" });
    tx.put("notes", { id: "n", text: "Beside" });
    tx.delete("notes", "not there");
  }));
  assert.deepEqual(await device.list("todos"), [{ id: "new", title: "New" }, { id: "old", title: "Edited" }]);
  assert.deepEqual(await device.list("notes"), [{ id: "n", text: "Beside" }]);
});

test("a batch with an update of a record that is not there writes nothing", async (t) => {
  const device = await stage.localDevice(t);
  const error = await device.failure((db) => db.batch((/** @type {any} */ tx) => {
    tx.put("todos", { id: "new" });
    tx.update("todos", "missing", { title: "Edited" });
    tx.put("notes", { id: "n" });
  }));
  assert.deepEqual([error.isSynclineError, error.code], [true, "not-found"]);
  assert.match(error.message, /missing/);
  assert.deepEqual([await device.list("todos"), await device.list("notes"), await device.pending()], [[], [], []]);
});

test("a batch whose function throws writes nothing", async (t) => {
  const device = await stage.localDevice(t);
  const error = await device.failure((db) => db.batch((/** @type {any} */ tx) => {
    tx.put("todos", { id: "new" });
    throw new RangeError("the app's own");
  }));
  assert.deepEqual([error.name, error.message], ["RangeError", "the app's own"]);
  assert.deepEqual(await device.list("todos"), []);
});

test("queries filter, sort, skip and limit", async (t) => {
  const device = await stage.localDevice(t);
  await device.run((db, docs) => db.collection("todos").putAll(docs), FRUITS);
  const titles = async (/** @type {object} */ query) => (await device.list("todos", query)).map(({ title }) => title);
  assert.deepEqual(await titles({ where: { done: true } }), ["Apple", "Cherry", "Elderberry"]);
  assert.deepEqual(await titles({ where: { n: { gte: 1, lt: 4 } }, orderBy: "-n" }), ["Date", "Cherry", "Banana"]);
  assert.deepEqual(await titles({ where: { title: { startsWith: "E" } } }), ["Elderberry"]);
  assert.deepEqual(await titles({ where: { id: { in: ["f3", "f0"] } }, orderBy: "title" }), ["Apple", "Date"]);
  assert.deepEqual(await titles({ orderBy: ["-done", "title"], offset: 1, limit: 3 }), ["Cherry", "Elderberry", "Banana"]);
  assert.equal(await device.run((db) => db.collection("todos").count({ where: { done: { ne: true } } })), 2);
});

test("a live query answers at once, follows writes, and is silent about what it does not ask for", async (t) => {
  const device = await stage.localDevice(t);
  await device.run((db, docs) => {
    /** @type {any} */ (window).answers = [];
    const live = db.collection("todos").live({ where: { done: true }, orderBy: "n" });
    /** @type {any} */ (window).stop = live.subscribe((/** @type {any[]} */ found) => /** @type {any} */ (window).answers.push(found.map(({ title }) => title).join()));
    return db.collection("todos").putAll(docs);
  }, FRUITS);
  const answers = () => device.page.evaluate(() => /** @type {any} */ (window).answers);
  await untilEqual(async () => (await answers()).at(-1), "Apple,Cherry,Elderberry");
  const before = (await answers()).length;
  await device.update("todos", "f1", { title: "Blueberry" });
  await device.update("todos", "f3", { done: true });
  await untilEqual(answers, [...(await answers()).slice(0, before), "Apple,Cherry,Date,Elderberry"]);
  await device.page.evaluate(() => /** @type {any} */ (window).stop());
  await device.update("todos", "f4", { done: false });
  await device.list("todos");
  assert.equal((await answers()).length, before + 1);
});

test("a live query can be iterated", async (t) => {
  const device = await stage.localDevice(t);
  const seen = await device.run(async (db) => {
    const counts = [];
    for await (const found of db.collection("todos").live()) {
      counts.push(found.length);
      if (found.length === 3) return counts;
      void db.collection("todos").put({ title: `Todo ${found.length}` });
    }
    return counts;
  });
  assert.deepEqual(seen, [0, 1, 2, 3]);
});

test("the same document comes back as the same object until it changes", async (t) => {
  const device = await stage.localDevice(t);
  const same = await device.run(async (db) => {
    const todos = db.collection("todos");
    const put = await todos.put({ id: "t", title: "Milk" });
    const [got, [listed], again] = [await todos.get("t"), await todos.list(), (await todos.list())[0]];
    const updated = await todos.update("t", { done: true });
    return [put === got, got === listed, listed === again, updated !== got, updated === await todos.get("t")];
  });
  assert.deepEqual(same, [true, true, true, true, true]);
});

test("a document is one object wherever it is met, however many of the others are held", async (t) => {
  const device = await stage.localDevice(t);
  const met = await device.run(async (db, docs) => {
    const todos = db.collection("todos");
    await todos.putAll(docs);
    const none = await todos.list();
    const edited = await todos.put({ ...docs[1], title: "Blueberry" });
    const some = await todos.list();
    const done = await todos.list({ where: { done: true } });
    const asked = await todos.getAll(["f2", "f2", "absent", "f1"]);
    return {
      ids: none.map((/** @type {{id: string}} */ { id }) => id),
      kept: some.map((/** @type {object} */ doc, /** @type {number} */ place) => doc === none[place]),
      isEdited: some[1] === edited && edited.title === "Blueberry",
      done: done.map((/** @type {object} */ doc) => some.indexOf(doc)),
      asked: asked.map((/** @type {object} */ doc) => some.indexOf(doc)),
    };
  }, FRUITS);
  assert.deepEqual(met, { ids: ["f0", "f1", "f2", "f3", "f4"], kept: [true, false, true, true, true], isEdited: true, done: [0, 2, 4], asked: [2, 2, -1, 1] });
  await device.reload();
  const again = await device.run(async (db) => {
    const todos = db.collection("todos");
    const got = [await todos.get("f3"), await todos.get("f0")];
    const all = await todos.list();
    return [all.length, ...got.map((doc) => all.indexOf(doc))];
  });
  assert.deepEqual(again, [5, 3, 0]);
});

test("documents are frozen where that is asked for", async (t) => {
  const device = await stage.localDevice(t, { freeze: true });
  const frozen = await device.run(async (db) => {
    const doc = await db.collection("todos").put({ id: "t", deep: { list: [{}] } });
    return [doc, doc.deep, doc.deep.list, doc.deep.list[0]].map(Object.isFrozen);
  });
  assert.deepEqual(frozen, [true, true, true, true]);
});

test("events say what changed, and the status counts it", async (t) => {
  const device = await stage.localDevice(t);
  const statuses = await device.run(async (db) => {
    /** @type {number[]} */
    const pending = [];
    const stop = db.subscribe((/** @type {any} */ status) => pending.push(status.pending));
    await db.collection("todos").put({ id: "t" });
    await new Promise((resolve) => setTimeout(resolve));
    stop();
    await db.collection("todos").put({ id: "u" });
    return pending;
  });
  assert.deepEqual([statuses[0], statuses.at(-1)], [0, 1]);
  const changes = await device.heard("change");
  assert.deepEqual(changes, [{ collection: "todos", ids: ["t"], origin: "local" }, { collection: "todos", ids: ["u"], origin: "local" }]);
});

test("a database that is destroyed is empty when it is opened again", async (t) => {
  const device = await stage.localDevice(t);
  await device.put("todos", { id: "t" });
  await device.run(async (db) => {
    await db.close();
    await /** @type {any} */ (window).destroy("e2e");
  });
  await device.start();
  assert.deepEqual([await device.list("todos"), await device.pending()], [[], []]);
});

test("a record that is waited for is reported once the server has it", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  const states = await device.run(async (db) => {
    const todos = db.collection("todos");
    await todos.put({ id: "t", title: "Milk" });
    const before = await todos.state("t");
    await todos.whenSynced("t");
    return [before, await todos.state("t"), await todos.state("none")];
  });
  assert.deepEqual(states, ["pending", "synced", "absent"]);
  assert.ok(await account.record("todos", "t"));
});
