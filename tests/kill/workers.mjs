// @ts-check
// Stops the service worker of an extension again and again while a page, a content script and the server are busy, and compares
// what is there in the end with what was acknowledged. Judges nothing.

import { randomUUID } from "node:crypto";

import { Account } from "../e2e/support/account.mjs";
import { settled, startSignedIn } from "../e2e/support/client-extension.mjs";
import { Server } from "../e2e/support/server.mjs";
import { makeStopper } from "../e2e/support/service-workers.mjs";
import { pause, until } from "../e2e/support/until.mjs";

/** Milliseconds of work at most before the next stop. */
const WORK = 500;

/**
 * @typedef {object} Outcome
 * @property {number} stops
 * @property {number} lives how many lives of the worker the page saw
 * @property {number} acknowledged writes
 * @property {number} pushed records that the server got from elsewhere
 * @property {number} doubts writes that were rejected because nobody could know
 * @property {string[]} lost what was acknowledged and is not there
 * @property {string[]} twice what has more versions than it was written
 * @property {string[]} wrong anything else
 */

/** What the page does until it is told to end. Runs in the page. */
async function workInPage() {
  const state = /** @type {any} */ (window);
  const { db } = state;
  const [todos, notes] = [db.collection("todos"), db.collection("notes")];
  /** @type {{created: string[], deleted: string[], counted: {[id: string]: {n: number, slack: number}}, doubts: number, failures: string[]}} */
  const log = { created: [], deleted: [], counted: {}, doubts: 0, failures: [] };
  state.log = log;
  /** @param {() => Promise<void>} step */
  const again = async (step) => {
    while (!state.isOver) {
      await step().catch((thrown) => {
        if (thrown.details?.inDoubt) log.doubts += 1;
        else log.failures.push(`${thrown.code}: ${thrown.message}`);
      });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  let last = 0;
  const create = async () => void log.created.push(`todos/${(await todos.put({ number: (last += 1) })).id}`);
  const createTogether = async () => {
    const ids = [1, 2, 3].map(() => crypto.randomUUID());
    await db.batch((/** @type {any} */ tx) => ids.forEach((id) => tx.put("notes", { id, of: ids })));
    log.created.push(...ids.map((id) => `notes/${id}`));
  };
  const createAndDelete = async () => {
    const { id } = await notes.put({ text: "gone soon" });
    await notes.delete(id);
    log.deleted.push(`notes/${id}`);
  };
  // Each edit is at the server before the next: as many versions as edits, or more if one was made twice.
  const count = (/** @type {string} */ id) => async () => {
    const counted = (log.counted[id] ??= { n: 0, slack: 0 });
    const next = counted.n + 1;
    try {
      if (next === 1) await todos.put({ id, n: 1 });
      else await todos.update(id, { n: next });
      counted.n = next;
    } catch (thrown) {
      if (/** @type {any} */ (thrown).details?.inDoubt) {
        counted.n = (await todos.get(id))?.n ?? 0;
        counted.slack += 1;
      }
      throw thrown;
    }
    await todos.whenSynced(id);
  };
  await Promise.all([again(create), again(createTogether), again(createAndDelete), again(count("counter-1")), again(count("counter-2"))]);
  return { ...log, live: state.seen };
}

/** What the content script does. Runs in the page around it. */
async function workInContent() {
  const state = /** @type {any} */ (window);
  /** @type {{created: string[], doubts: number, failures: string[]}} */
  const log = { created: [], doubts: 0, failures: [] };
  while (!state.isOver) {
    try {
      log.created.push(`notes/${(await state.ask("notes", "put", { text: "selected" })).id}`);
    } catch (thrown) {
      const { code, message, details } = /** @type {any} */ (thrown);
      if (details?.inDoubt) log.doubts += 1;
      else log.failures.push(`${code}: ${message}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return log;
}

/**
 * @param {number} times
 * @param {(line: string) => void} [tell]
 * @returns {Promise<Outcome>}
 */
export async function stopWorkers(times, tell = () => {}) {
  /** @type {(() => Promise<void>)[]} */
  const ends = [];
  const server = await Server.start();
  ends.push(() => server.end());
  try {
    const account = await Account.register(server.url);
    const { fixture, page } = await startSignedIn({ after: (end) => void ends.push(end) }, account);
    const site = await fixture.content(`${server.url}/`);
    await page.evaluate(() => {
      const state = /** @type {any} */ (window);
      state.db.collection("notes").live().subscribe((/** @type {any[]} */ docs) => (state.seen = docs.length));
    });
    const inPage = page.evaluate(workInPage);
    const inContent = site.evaluate(workInContent);
    const elsewhere = pushFromElsewhere(account);
    const stop = await makeStopper(page);
    const lives = new Set();
    for (let stopped = 1; stopped <= times; stopped += 1) {
      lives.add(await fixture.boot(page));
      await pause(Math.random() * WORK);
      await stop();
      if (stopped % 25 === 0) tell(`${stopped} stops, ${lives.size} lives`);
    }
    lives.add(await fixture.boot(page));
    const pushed = await elsewhere.end();
    await Promise.all([page, site].map((one) => one.evaluate(() => void Object.assign(window, { isOver: true }))));
    const [a, b] = await Promise.all([inPage, inContent]);
    await settled(page);
    await page.evaluate(() => /** @type {any} */ (window).db.sync());
    await settled(page);
    const found = await everywhere(account, page);
    await until("the live query has what is there", async () => (await page.evaluate(() => /** @type {any} */ (window).seen)) === found.noteCount);
    return { stops: times, lives: lives.size, pushed: pushed.length, doubts: a.doubts + b.doubts, ...compare(found, a, b, pushed) };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/**
 * What the server has and what the client has, by collection and id.
 * @param {Account} account
 * @param {import("playwright-core").Page} page
 */
async function everywhere(account, page) {
  /** @type {Map<string, {version: number, data: any}>} */
  const atServer = new Map();
  /** @type {Map<string, any>} */
  const here = new Map();
  for (const collection of ["todos", "notes"]) {
    for (const { id, version, data } of await account.records(collection)) atServer.set(`${collection}/${id}`, { version, data });
    const docs = await page.evaluate((collection) => /** @type {any} */ (window).db.collection(collection).list(), collection);
    for (const doc of docs) here.set(`${collection}/${doc.id}`, doc);
  }
  return { atServer, here, noteCount: [...here.keys()].filter((key) => key.startsWith("notes/")).length };
}

/**
 * @param {Awaited<ReturnType<typeof everywhere>>} found
 * @param {Awaited<ReturnType<typeof workInPage>>} a
 * @param {Awaited<ReturnType<typeof workInContent>>} b
 * @param {readonly string[]} pushed
 */
function compare({ atServer, here }, a, b, pushed) {
  const created = [...a.created, ...b.created];
  const lost = [...created, ...pushed].filter((key) => !atServer.get(key)?.data || !here.has(key));
  const twice = [...created, ...pushed].filter((key) => (atServer.get(key)?.version ?? 1) !== 1);
  const wrong = [...a.failures, ...b.failures];
  let edits = 0;
  for (const [id, { n, slack }] of Object.entries(a.counted)) {
    const record = atServer.get(`todos/${id}`);
    edits += n;
    if ((record?.data?.n ?? 0) !== n) lost.push(`todos/${id}: ${record?.data?.n} of ${n}`);
    if ((record?.version ?? 0) > n + slack) twice.push(`todos/${id}: version ${record?.version} of ${n} edits`);
  }
  wrong.push(...a.deleted.filter((key) => atServer.get(key)?.data || here.has(key)).map((key) => `${key} was deleted`));
  const atBoth = [...atServer].filter(([, { data }]) => data).map(([key, { data }]) => [key, data]);
  wrong.push(...atBoth.filter(([key, data]) => JSON.stringify(sorted(here.get(key))) !== JSON.stringify(sorted(data))).map(([key]) => `${key} differs`));
  if (atBoth.length !== here.size) wrong.push(`${atBoth.length} at the server, ${here.size} here`);
  // All of a batch or none of it.
  const together = [...here.values()].filter(({ of }) => of).flatMap(({ of }) => of).filter((id) => !here.has(`notes/${id}`));
  wrong.push(...together.map((id) => `notes/${id} is missing from its batch`));
  return { acknowledged: created.length + 2 * a.deleted.length + edits, lost, twice, wrong };
}

/** @param {any} doc */
function sorted(doc) {
  return doc && Object.fromEntries(Object.entries(doc).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * Another device of the user, which pushes a record now and then.
 * @param {Account} account
 */
function pushFromElsewhere(account) {
  /** @type {string[]} */
  const pushed = [];
  let isOver = false;
  const device = randomUUID();
  const working = (async () => {
    while (!isOver) {
      const id = randomUUID();
      await account.push(device, [{ id: randomUUID(), collection: "notes", record: id, op: "put", base: null, data: { id, text: "of another device" }, editedAt: Date.now() }]);
      pushed.push(`notes/${id}`);
      await pause(200);
    }
  })();
  return {
    async end() {
      isOver = true;
      await working;
      return pushed;
    },
  };
}
