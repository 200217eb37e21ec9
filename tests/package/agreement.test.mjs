// @ts-nocheck: runs in the project that the tarball is installed in.
//
// Random worlds of `syncline/testing`: whatever was edited, lost, refused for now or crashed, all devices agree with the server in the end.
// SEEDS says how many.

import assert from "node:assert/strict";
import { test } from "node:test";

import { createWorld } from "syncline/testing";

const SEEDS = Number(process.env.SEEDS ?? 2);
const STEPS = 60;
const NAMES = ["phone", "laptop", "tablet"];

/** Numbers of chance from a seed. */
function chance(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Opens the app on a device. */
async function openOn(device) {
  const db = await device.open({ name: "app", collections: { todos: { conflict: "merge", massDeletionLimit: 1 } } });
  await db.enable();
  return db;
}

/** Ends a device in the middle of what it does. */
async function crash(device, db, random) {
  if (random(2) === 0) db.collection("todos").put({ id: "r0", last: "words" }).catch(() => {});
  if (random(2) === 0) db.sync().catch(() => {});
  for (let turns = random(40); turns > 0; turns -= 1) await new Promise(setImmediate);
  await device.crash();
  return openOn(device);
}

/** Does one thing of those that happen. */
async function happen(world, dbs, random, step, met) {
  const name = NAMES[random(NAMES.length)];
  const device = world.device(name);
  const todos = dbs[name].collection("todos");
  const id = `r${random(6)}`;
  const field = `f${random(3)}`;
  const things = [
    () => todos.put({ id, [field]: step, by: name }),
    () => todos.put({ id, [field]: step, by: name }),
    () => todos.update(id, { [field]: step }).catch(({ code }) => assert.equal(code, "not-found")),
    () => todos.delete(id),
    async () => { dbs[name] = await crash(device, dbs[name], random); met.crashes += 1; },
    () => (random(2) === 0 ? device.network.offline() : device.network.online()),
    () => world.network.failNext([408, 429, 500, 503][random(4)], { retryAfter: random(3) }),
    () => (random(2) === 0 ? world.network.loseNextAnswer() : world.network.dropNext()),
    () => world.clock.advance(random(5_000)),
    () => dbs[name].sync().catch(({ code, retryable }) => assert.ok(retryable, code)),
  ];
  await things[random(things.length)]();
}

/** What all worlds have met, as far as it was not forgotten in a crash. */
const met = { crashes: 0, conflicts: 0 };

for (let seed = 1; seed <= SEEDS; seed += 1) {
  test(`all devices agree in the end, in the random world ${seed}`, async () => {
    const world = await createWorld({ seed });
    const random = chance(seed);
    const dbs = {};
    for (const name of NAMES) dbs[name] = await openOn(world.device(name));
    for (let step = 0; step < STEPS; step += 1) await happen(world, dbs, random, step, met);

    NAMES.forEach((name) => world.device(name).network.online());
    await world.clock.advance(15 * 60_000);
    const expected = world.server.records("todos").sort((one, other) => (one.id < other.id ? -1 : 1));
    for (const name of NAMES) {
      assert.deepEqual(await dbs[name].collection("todos").list(), expected, name);
      assert.equal(dbs[name].status.state, "synced", name);
      met.conflicts += dbs[name].metrics().conflicts;
    }
    await world.close();
  });
}

test("the random worlds met crashes and conflicts", () => {
  assert.ok(met.crashes >= SEEDS && met.conflicts >= SEEDS, JSON.stringify(met));
});
