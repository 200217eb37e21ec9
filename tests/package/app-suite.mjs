// @ts-nocheck: `syncline` is the installed tarball, which only exists in the project this file is copied into.
//
// Tests of an app as its author writes them, on `syncline/testing`: handed the `test` of a runner, so that node:test and Vitest run
// the same. Does not look inside the world.

import assert from "node:assert/strict";
import { createWorld } from "syncline/testing";

const HOUR = 3_600_000;

/** What the app itself does: opens its database with the `open` that it is given. */
async function openApp(open, options) {
  const db = await open({ name: "my-app", collections: { todos: { conflict: "merge" } }, ...options });
  await db.enable();
  return { db, todos: db.collection("todos") };
}

const code = (expected) => (error) => error.code === expected;

/** @param {(name: string, body: () => Promise<void>) => void} test */
export function suite(test) {
  test("an edit that is made offline reaches the server once there is a network", async () => {
    const world = await createWorld();
    const { db, todos } = await openApp(world.open);
    world.network.offline();
    await todos.put({ id: "milk", title: "Milk" });
    await world.clock.advance(HOUR);
    assert.equal(db.status.state, "offline");
    assert.deepEqual(world.server.records("todos"), []);

    world.network.online();
    await world.clock.advance(1_000);
    assert.equal(db.status.state, "synced");
    assert.deepEqual(world.server.records("todos"), [{ id: "milk", title: "Milk" }]);
    await world.close();
  });

  test("two devices that edit one record while apart end with both edits", async () => {
    const world = await createWorld();
    const phone = await openApp(world.device("phone").open);
    const laptop = await openApp(world.device("laptop").open);
    await phone.todos.put({ id: "milk", title: "Milk", done: false });
    await phone.db.sync();
    await laptop.db.sync();

    world.device("phone").network.offline();
    await phone.todos.update("milk", { title: "Oat milk" });
    await laptop.todos.update("milk", { done: true });
    await laptop.db.sync();
    let resolved;
    phone.db.addEventListener("conflict", ({ detail }) => (resolved = detail));
    world.device("phone").network.online();
    await phone.db.sync();
    await laptop.db.sync();

    assert.equal(resolved.resolvedAs, "merged");
    const both = { id: "milk", title: "Oat milk", done: true };
    assert.deepEqual(await phone.todos.get("milk"), both);
    assert.deepEqual(await laptop.todos.get("milk"), both);
    assert.deepEqual(world.server.get("todos", "milk"), both);
    await world.close();
  });

  test("a change that the server refuses is parked, and goes through once it is mended", async () => {
    const world = await createWorld();
    const { db, todos } = await openApp(world.open);
    world.server.reject((change) => change.data?.title === "", { code: "invalid-document", message: "a title, please" });
    await todos.put({ id: "milk", title: "" });
    await todos.put({ id: "bread", title: "Bread" });
    await db.sync();

    const [parked, ...others] = await db.parked();
    assert.deepEqual([parked.code, parked.message, parked.data, others.length], ["invalid-document", "a title, please", { id: "milk", title: "" }, 0]);
    assert.equal(await todos.get("milk"), undefined);
    assert.deepEqual(world.server.records("todos").map(({ id }) => id), ["bread"]);

    await db.requeue(parked.id, { id: "milk", title: "Milk" });
    await db.sync();
    assert.equal(world.server.get("todos", "milk").title, "Milk");
    await world.close();
  });

  test("a busy server is asked again when it said, and nobody waits for that", async () => {
    const began = performance.now();
    const world = await createWorld();
    const { db, todos } = await openApp(world.open, { schedule: { live: false } });
    await db.sync();
    world.network.failNext(503, { retryAfter: 120, to: "push" });
    await todos.put({ id: "milk", title: "Milk" });
    await world.clock.advance(100);
    const pushes = () => world.requests.filter(({ path }) => path === "/v1/push");
    assert.deepEqual(pushes().map(({ status }) => status), [503]);
    assert.equal(db.status.nextSyncAt, pushes()[0].at + 120_000);

    await world.clock.advance(119_000);
    assert.equal(pushes().length, 1);
    await world.clock.advance(2_000);
    assert.deepEqual(pushes().map(({ status }) => status), [503, 200]);
    assert.ok(pushes()[1].at >= pushes()[0].at + 120_000);
    assert.equal(db.status.pending, 0);
    assert.ok(performance.now() - began < 30_000, "two minutes went by for real");
    await world.close();
  });

  test("a crash between a write and its sync loses nothing", async () => {
    const world = await createWorld();
    const device = world.device("phone");
    const before = await openApp(device.open);
    await before.db.sync();
    await before.todos.put({ id: "milk", title: "Milk" });
    await device.crash();
    await assert.rejects(before.todos.get("milk"), code("closed"));
    assert.deepEqual(world.server.records("todos"), []);

    const after = await openApp(device.open);
    assert.deepEqual(await after.todos.get("milk"), { id: "milk", title: "Milk" });
    assert.equal((await after.db.pending()).length, 1);
    assert.equal(after.db.device, before.db.device);
    await after.db.sync();
    assert.deepEqual(world.server.records("todos"), [{ id: "milk", title: "Milk" }]);
    await world.close();
  });

  test("a push whose answer is lost has one effect, also when its device dies before it hears", async () => {
    const world = await createWorld();
    const device = world.device("phone");
    const before = await openApp(device.open);
    await before.todos.put({ id: "milk", title: "Milk" });
    world.network.loseNextAnswer({ to: "push" });
    await before.db.sync().catch(() => {});
    assert.equal(world.server.history.length, 1);
    await device.crash();

    const after = await openApp(device.open);
    await after.db.sync();
    assert.equal(world.server.history.length, 1);
    assert.equal(after.db.status.state, "synced");
    assert.deepEqual(await after.db.conflicts(), []);
    await world.close();
  });

  test("a full disk refuses a write by its code, and takes it when there is room again", async () => {
    const world = await createWorld();
    const device = world.device("phone");
    const { todos } = await openApp(device.open);
    await todos.put({ id: "milk", title: "Milk" });
    device.fillDisk(true);
    await assert.rejects(todos.put({ id: "bread", title: "Bread" }), code("quota-exceeded"));
    assert.equal(await todos.get("bread"), undefined);
    device.fillDisk(false);
    await todos.put({ id: "bread", title: "Bread" });
    assert.equal(await todos.count(), 2);
    await world.close();
  });

  test("tabs of one device see each other's writes, and another syncs when the one that did crashes", async () => {
    const world = await createWorld();
    const device = world.device("laptop");
    const one = await openApp(device.open);
    await world.settle();
    const other = await openApp(device.open);
    await world.settle();
    assert.deepEqual([one.db.status.leader, other.db.status.leader], [true, false]);
    await one.todos.put({ id: "milk", title: "Milk" });
    await world.settle();
    assert.equal((await other.todos.get("milk")).title, "Milk");

    await device.crash(one.db);
    await world.settle();
    assert.equal(other.db.status.leader, true);
    await other.todos.put({ id: "bread", title: "Bread" });
    await other.db.sync();
    assert.equal(world.server.records("todos").length, 2);
    await world.close();
  });

  test("what another device writes arrives by a hint, not by a poll", async () => {
    const world = await createWorld();
    const { db, todos } = await openApp(world.open);
    await db.sync();
    await world.settle();
    assert.equal(db.status.channel, "live");
    const live = todos.live();
    let shown;
    live.subscribe((docs) => (shown = docs));
    const { now } = world.clock;
    world.server.put("todos", { id: "milk", title: "Milk" });
    await world.settle();
    assert.deepEqual(shown, [{ id: "milk", title: "Milk" }]);
    assert.equal(world.clock.now, now);
    await world.close();
  });

  test("what one device exports another takes in, and signing out ends the channel and leaves nothing", async () => {
    const world = await createWorld();
    const { db, todos } = await openApp(world.open);
    await todos.putAll([{ id: "milk", title: "Milk" }, { id: "bread", title: "Bread" }]);
    await db.sync();
    await world.settle();
    assert.equal(db.status.channel, "live");
    const file = await db.export();
    const other = await world.device("other").open({ name: "my-app", collections: { todos: {} }, backend: null });
    assert.deepEqual(await other.import(file, "replace"), { records: 2 });
    assert.equal(await other.collection("todos").count(), 2);

    await db.signOut();
    await world.settle();
    assert.equal(await todos.count(), 0);
    assert.equal(world.server.records("todos").length, 2);
    await Promise.all([db.close(), other.close()]);
    await world.clock.advance(HOUR);
    await world.close();
  });

  test("a server that lost its database empties no device", async () => {
    const world = await createWorld();
    const { db, todos } = await openApp(world.open);
    await todos.putAll(Array.from({ length: 30 }, (_, n) => ({ id: `t${n}`, title: `${n}` })));
    await db.sync();
    world.server.reset();
    await assert.rejects(db.sync(), code("mass-deletion"));
    assert.equal(await todos.count(), 30);
    await db.confirmDeletions("todos");
    await db.sync();
    assert.equal(await todos.count(), 0);
    await world.close();
  });

  test("a session that ended signs out and keeps everything", async () => {
    const world = await createWorld();
    let session = "ada";
    const backend = { kind: "syncline", url: "https://sync.example.org" };
    const { db, todos } = await openApp(world.open, { backend, token: () => session, schedule: { live: false } });
    await db.sync();
    session = null;
    await todos.put({ id: "milk", title: "Milk" });
    world.network.failNext(401);
    await assert.rejects(db.sync(), code("unauthorized"));
    assert.equal(db.status.state, "signed-out");
    session = "ada";
    await db.sync();
    assert.equal(world.server.records("todos").length, 1);
    await world.close();
  });

  test("the same calls make the same world, and another seed another", async () => {
    const ids = async (seed) => {
      const world = await createWorld({ seed, now: "2026-03-01T00:00Z" });
      const { todos } = await openApp(world.open);
      const { id } = await todos.put({ title: "Milk" });
      await world.close();
      return id;
    };
    assert.equal(await ids(1), await ids(1));
    assert.notEqual(await ids(1), await ids(2));
  });
}
