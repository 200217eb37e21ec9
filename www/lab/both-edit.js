// @ts-check
/**
 * The experiment that makes both devices edit the same todo while both are cut off, and waits until they agree.
 * Decides nothing about the merge: it says what was written and reads what came of it.
 */
import { addDays, today } from "../js/days.js";

/** @typedef {import("./device.js").Device} Device */
/** @typedef {import("../js/model.js").Client} Client */
/** @typedef {import("../js/model.js").Todo} Todo */
/**
 * What there was, what each writes, and what both have in the end.
 * @typedef {{ before: Partial<Todo>, a: Partial<Todo>, b: Partial<Todo>, after: Todo | null }} Outcome
 */

const RECORD = "lab-trip";
const PLACES = ["Naxos", "Paros", "Milos", "Ikaria", "Samos", "Tinos"];

/** Milliseconds between the steps, so that one can follow them. */
const STEP = 1100;
/** Milliseconds within which both must agree. */
const LIMIT = 20_000;

/**
 * What the next run writes: both the title, A alone the day, B alone the check mark.
 * @param {Partial<Todo>} before
 * @returns {Outcome}
 */
export function planned(before) {
  const round = PLACES.findIndex((place) => before.title?.endsWith(place)) + 1;
  return {
    before,
    a: { title: `Plan the trip to ${PLACES[round % PLACES.length]}`, due: addDays(before.due ?? today(), 1) },
    b: { title: `Plan the trip to ${PLACES[(round + 1) % PLACES.length]}`, done: !before.done },
    after: null,
  };
}

/**
 * @param {Device} a
 * @param {Device} b
 * @param {(text: string) => void} stage Is told what happens.
 * @param {(outcome: Outcome) => void} show Is given what is known so far.
 */
export async function bothEdit(a, b, stage, show) {
  const [here, there] = await Promise.all([a.ready, b.ready]);
  const both = [a, b];
  stage("Making sure that both have the same todo…");
  for (const device of both) device.setOnline(true);
  if (!await here.collection("todos").get(RECORD)) {
    await here.collection("todos").put({ id: RECORD, title: "Plan the trip", done: false, createdAt: Date.now() });
  }
  const before = await agreed(here, there);
  const plan = planned(before);
  show(plan);

  for (const device of both) device.setOnline(false);
  stage("Both are offline, and each edits “" + before.title + "”.");
  await pause();
  await here.collection("todos").update(RECORD, plan.a);
  await pause();
  await there.collection("todos").update(RECORD, plan.b);
  stage("Two versions of one record. Back online in a moment…");
  await pause();
  await pause();

  for (const device of both) device.setOnline(true);
  stage("Online: the second to arrive meets a conflict, merges and sends again.");
  show({ ...plan, after: await agreed(here, there) });
  stage("Both agree.");
}

/**
 * Waits until both have the same version of the record and nothing left to send.
 * @param {Client} a
 * @param {Client} b
 * @returns {Promise<Todo>}
 */
async function agreed(a, b) {
  const end = Date.now() + LIMIT;
  while (Date.now() < end) {
    const [left, right] = await Promise.all([a, b].map((client) => client.collection("todos").get(RECORD)));
    const waiting = a.status.collections.todos?.pending || b.status.collections.todos?.pending;
    if (left && right && !waiting && isSame(left, right)) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The devices do not agree yet: is the server there?");
}

/**
 * @param {Todo} left
 * @param {Todo} right
 */
function isSame(left, right) {
  const text = (/** @type {Todo} */ todo) => JSON.stringify(Object.entries(todo).sort());
  return text(left) === text(right);
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, STEP));
}
