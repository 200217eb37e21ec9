// @ts-check
// The scenarios inside one page: each fills a fresh database and measures its cases there. Does not repeat or compare.

import { COUNT } from "./cases.js";
import { DAYS, dayOf, documents, idOf, randomNumbers } from "./documents.js";
import { check, pause, quiet, stopwatch } from "./measure.js";

/** @typedef {import("./sides.js").Side} Side */
/** @typedef {import("./sides.js").Store} Store */
/** @typedef {Record<string, number>} Times milliseconds by the id of a case */

/** How often something short is done within one measure, which is then divided. */
const REPEATED = { lists: 5, equalities: 10, filters: 5, puts: 100, lives: 20 };
/** How many queries are kept current. */
const WATCHED = 100;

/**
 * @typedef {object} Scene
 * @property {Side} side
 * @property {string} name of the database
 * @property {Store} store
 * @property {number} seed
 */

/** @type {Record<string, (scene: Scene) => Promise<Times>>} */
export const SCENARIOS = { writes, reads, gets, equality, filter, live, reopened };

/** Databases that stay open, and what was read of them. @type {unknown[]} */
const kept = [];
/** How many documents such a database has. */
const FEW = 10;

/**
 * Opens a database that stays open, as an app's does. Without it everything of a side is gone between two scenarios, and with
 * the objects the browser throws away what it compiled for objects of their shape.
 * @param {Side} side
 */
export async function keepOpen(side) {
  const store = await side.open(`bench-kept-${Date.now()}`);
  await store.putAll(documents(FEW));
  kept.push(store, await store.list(), await store.get(idOf(0)));
}

/**
 * Runs a scenario in a database that is new, and takes it away again.
 * @param {string} scenario
 * @param {Side} side
 * @param {number} seed
 * @returns {Promise<Times>}
 */
export async function run(scenario, side, seed) {
  const play = SCENARIOS[scenario];
  if (play === undefined) {
    throw new Error(`there is no scenario ${scenario}`);
  }
  const name = `bench-${scenario}-${Date.now()}`;
  const scene = { side, name, store: await side.open(name), seed };
  try {
    return await play(scene);
  } finally {
    await scene.store.close();
    // What was under way when it was closed would block the deletion. What is left behind goes with the profile.
    await quiet();
    await side.destroy(name).catch(() => {});
  }
}

/**
 * Puts all documents in, and waits until nothing goes on behind it.
 * @param {Store} store
 */
export async function fill(store) {
  await store.putAll(documents(COUNT));
  await quiet();
}

/** @param {Scene} scene */
async function writes({ store, seed }) {
  const docs = documents(COUNT);
  await quiet();
  const bulk = await stopwatch(() => store.putAll(docs));
  await quiet();

  const ids = randomNumbers(1000, COUNT, seed).map(idOf);
  const patches = ids.map((id, place) => /** @type {[string, object]} */ ([id, { done: place % 2 === 0, updatedAt: seed + place }]));
  await quiet();
  const updates = await stopwatch(() => store.updateAll(patches));
  await quiet();
  const last = await store.get(/** @type {string} */ (ids.at(-1)));
  check(last?.updatedAt === seed + 999 && last.notes.length > 0, "the last update is there");

  const edited = documents(COUNT).map((doc) => ({ ...doc, title: `edited ${seed}` }));
  const numbers = randomNumbers(REPEATED.puts + 100, COUNT, seed + 1);
  const chosen = numbers.map((number) => /** @type {import("./documents.js").Todo} */ (edited[number]));
  await quiet();
  const put = await stopwatch(async () => {
    for (const doc of chosen.slice(0, REPEATED.puts)) {
      await store.put(doc);
    }
  });
  await quiet();
  const puts = await stopwatch(() => Promise.all(chosen.slice(REPEATED.puts).map((doc) => store.put(doc))));
  await quiet();
  for (const doc of chosen) {
    check((await store.get(doc.id))?.title === doc.title, "every put is there");
  }
  check((await store.list()).length === COUNT, "nothing was added");
  return { bulk: bulk.ms, updates: updates.ms, put: put.ms / REPEATED.puts, puts: puts.ms };
}

/** @param {Scene} scene */
async function reads({ store, seed }) {
  await fill(store);
  const list = await stopwatch(() => store.list());
  check(list.value.length === COUNT, "all documents are listed");
  list.value = [];
  await quiet();
  const again = await stopwatch(async () => {
    for (let count = 0; count < REPEATED.lists; count += 1) {
      check((await store.list()).length === COUNT, "all documents are listed again");
    }
  });
  await quiet();
  const held = await loop(store, seed);
  return { list: list.ms, "list-again": again.ms / REPEATED.lists, "gets-held": held };
}

/** @param {Scene} scene */
async function gets({ store, seed }) {
  await fill(store);
  return { gets: await loop(store, seed) };
}

/** @param {Scene} scene */
async function equality({ store, seed }) {
  await fill(store);
  const [firstDay = 0, ...days] = randomNumbers(REPEATED.equalities + 1, DAYS, seed);
  const first = await stopwatch(() => store.dueOn(dayOf(firstDay)));
  check(first.value.length === COUNT / DAYS, "a day has its share");
  await quiet();
  const rest = await stopwatch(async () => {
    for (const day of days) {
      check((await store.dueOn(dayOf(day))).length === COUNT / DAYS, "each day has its share");
    }
  });
  return { "equality-first": first.ms, equality: rest.ms / REPEATED.equalities };
}

/** @param {Scene} scene */
async function filter({ store }) {
  await fill(store);
  const expected = documents(COUNT).filter((doc) => !doc.done).length;
  await quiet();
  let found = 0;
  const all = await stopwatch(async () => {
    for (let priority = 1; priority <= REPEATED.filters; priority += 1) {
      found += (await store.openOf(priority)).length;
    }
  });
  check(found === expected, "the filters find every open document once");
  return { filter: all.ms / REPEATED.filters };
}

/** @param {Scene} scene */
async function live({ store, seed }) {
  await fill(store);
  const docs = documents(COUNT);
  const [first] = /** @type {[import("./sides.js").Todo]} */ (docs);
  const step = COUNT / WATCHED;
  let told = () => {};
  await store.watch(Array.from({ length: WATCHED }, (_, place) => ({ priority: 1 + (place % 5), since: first.updatedAt + place * step })), () => told());
  await quiet();
  let ms = 0;
  for (const number of randomNumbers(REPEATED.lives, COUNT, seed)) {
    const doc = { .../** @type {import("./sides.js").Todo} */ (docs[number]), updatedAt: first.updatedAt + COUNT + number };
    const heard = new Promise((resolve) => (told = () => resolve(undefined)));
    ms += (await stopwatch(() => Promise.all([store.put(doc), heard]))).ms;
    await pause(5);
  }
  return { live: ms / REPEATED.lives };
}

/** @param {Scene} scene */
async function reopened(scene) {
  await fill(scene.store);
  const again = async () => {
    await scene.store.close();
    scene.store = await scene.side.open(scene.name);
    await quiet();
  };
  await again();
  const list = await stopwatch(() => scene.store.list());
  check(list.value.length === COUNT, "all documents are listed after opening");
  list.value = [];
  await again();
  return { "list-cold": list.ms, "gets-cold": await loop(scene.store, scene.seed) };
}

/**
 * A thousand gets of different documents, one after the other.
 * @param {Store} store
 * @param {number} seed
 */
async function loop(store, seed) {
  const ids = randomNumbers(1000, COUNT, seed).map(idOf);
  await quiet();
  const { ms } = await stopwatch(async () => {
    for (const id of ids) {
      check((await store.get(id))?.id === id, "the document is there");
    }
  });
  return ms;
}
