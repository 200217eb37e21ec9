// @ts-check
// What a PWA lives through, in every engine: no network, other tabs and workers, the back/forward cache, handles that die.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";

import { Account } from "./support/account.mjs";
import { Device } from "./support/device.mjs";
import { ENGINES, startEngine } from "./support/engines.mjs";
import { askPwa, installPwa, register } from "./support/pwa.mjs";
import { Server } from "./support/server.mjs";
import { startSite } from "./support/site.mjs";
import { pause, test, until, untilEqual } from "./support/until.mjs";

/** Milliseconds after which Firefox has stopped a service worker that nobody asked anything. */
const IDLE = 2_500;

/** Milliseconds within which another tab leads once the one that led is left: far less than it takes to find a frozen one out. */
const TAKE_OVER = 5_000;

/** One engine, with a server and a site of its own to be taken away from it. */
class Stage {
  #opened = 0;

  /**
   * @param {import("./support/engines.mjs").Engine} engine
   * @param {Server} server
   * @param {Awaited<ReturnType<typeof startSite>>} site
   */
  constructor(engine, server, site) {
    this.engine = engine;
    this.server = server;
    this.site = site;
  }

  /** @param {import("./support/engines.mjs").Name} name */
  static async set(name) {
    const [engine, server, site] = await Promise.all([startEngine(name), Server.start(), startSite()]);
    return new Stage(engine, server, site);
  }

  /**
   * A tab with a database of its own, or with that of another tab.
   * @param {any} [options]
   */
  async tab(options) {
    this.#opened += 1;
    return Device.open(/** @type {any} */ (this.engine.profile), this.site.url, { name: `pwa-${this.#opened}`, ...options });
  }

  /** The same for a new account, with sync on. */
  async synced() {
    const account = await Account.register(this.server.url);
    const device = await this.tab({ url: account.url, tokens: [account.token], account: account.email });
    await device.run((db) => db.enable());
    await device.settled();
    return { account, device };
  }

  async takeNetwork() {
    await Promise.all([this.server.kill(), this.site.end()]);
  }

  async giveNetwork() {
    this.site = await startSite(undefined, Number(new URL(this.site.url).port));
    await this.server.restart();
  }

  async end() {
    await Promise.allSettled([this.engine.end(), this.server.end(), this.site.end()]);
  }
}

/**
 * Runs a function in a worker of a tab.
 * @param {Device} device
 * @param {string} call
 * @param {...any} args
 * @returns {Promise<any>}
 */
function inWorker(device, call, ...args) {
  return device.page.evaluate(([call, args]) => /** @type {any} */ (window).askWorker("dedicatedWorker", call, ...args), /** @type {const} */ ([call, args]));
}

/**
 * Has a page note when it is shown: only one that came back has a note.
 * @param {Device} device
 */
async function watchComebacks({ page }) {
  await page.evaluate(() => {
    Object.assign(window, { comebacks: [] });
    addEventListener("pageshow", ({ persisted }) => /** @type {any} */ (window).comebacks.push(persisted));
  });
}

/** @param {Device} device @returns {Promise<boolean[] | null>} */
function comebacks({ page }) {
  return page.evaluate(() => /** @type {any} */ (window).comebacks ?? null);
}

/** @param {Device} device */
async function back({ page }) {
  await /** @type {any} */ (page).move("back");
  await page.waitForFunction("window.isReady");
}

/** @type {{ [what: string]: (stage: Stage) => Promise<void> }} */
const SCENES = {
  async "a page that is reloaded without a network has everything, takes edits, and sends them once there is one"(stage) {
    const { account, device } = await stage.synced();
    await installPwa(device, account);
    await device.put("todos", { id: "before", title: "Milk" });
    await device.settled();
    const born = await askPwa(device, "run", "() => self.born");
    await stage.takeNetwork();
    if (stage.engine.name === "firefox") await pause(IDLE);
    await device.reload();
    assert.deepEqual(await device.get("todos", "before"), { id: "before", title: "Milk" });
    await device.put("todos", { id: "after", title: "Bread" });
    if (stage.engine.name === "firefox") {
      await pause(IDLE);
      const [again, title] = await askPwa(device, "run", `async () => [self.born, (await self.worker.use((db) => db.collection("todos").get("before"))).title]`);
      assert.notEqual(again, born, "the service worker was started anew without a network");
      assert.equal(title, "Milk");
    }
    await untilEqual(async () => (await device.status()).state, "offline");
    await stage.giveNetwork();
    await untilEqual(async () => (await account.record("todos", "after"))?.data, { id: "after", title: "Bread" });
    await device.page.close();
  },

  async "what a page without a backend writes is sent by the service worker, with Background Sync or without"(stage) {
    const account = await Account.register(stage.server.url);
    const device = await stage.tab();
    await device.run((db) => db.enable());
    await installPwa(device, account);
    const hasSync = await device.page.evaluate(() => "sync" in ServiceWorkerRegistration.prototype);
    assert.equal(hasSync, stage.engine.name === "chromium", "this test plays what the engine has");
    await register(device);
    const todo = await device.put("todos", { title: "Milk" });
    await untilEqual(async () => (await account.record("todos", todo.id))?.data, todo);
    await device.settled();
    await device.page.close();
  },

  async "two tabs and a worker hand the lead on, one after the other, and none loses what it wrote"(stage) {
    const { account, device: first } = await stage.synced();
    const second = await stage.tab(first.options);
    await inWorker(second, "start", second.options);
    const leads = { first: () => first.status(), second: () => second.status(), worker: () => inWorker(second, "run", "(db) => db.status") };
    const leaders = async (/** @type {("first" | "second" | "worker")[]} */ ...contexts) => {
      const status = await Promise.all(contexts.map(async (context) => ({ context, isLeader: (await leads[context]()).leader })));
      return status.filter(({ isLeader }) => isLeader).map(({ context }) => context);
    };
    assert.deepEqual(await leaders("first", "second", "worker"), ["first"]);
    await first.put("todos", { id: "of-first", n: 1 });
    await first.page.close();
    const [heir] = await until("one of the others leads", async () => { const found = await leaders("second", "worker"); return found.length === 1 ? found : undefined; });
    await second.put("todos", { id: "of-second", n: 2 });
    await inWorker(second, "run", `async (db) => { await db.collection("todos").put({ id: "of-worker", n: 3 }); }`);
    await untilEqual(async () => (await account.records("todos")).map(({ id }) => id).sort(), ["of-first", "of-second", "of-worker"]);
    if (heir === "worker") await inWorker(second, "run", "(db) => db.close()");
    else await second.run((db) => db.close());
    const last = heir === "worker" ? leads.second : leads.worker;
    await until("the last one leads", async () => (await last()).leader);
    await second.page.close();
  },

  async "a page that is left hands the lead on, and comes back from the back/forward cache with what others wrote"(stage) {
    const { account, device: first } = await stage.synced();
    // Firefox keeps no page that has a lock or waits for one when it is left, whatever it lets go of then: what syncs is
    // loaded anew there, and comes back where another context syncs for it.
    const comesBack = stage.engine.name !== "firefox";
    const second = await stage.tab(comesBack ? first.options : { name: first.options.name, account: first.options.account });
    const [device, other] = comesBack ? [first, second] : [second, first];
    await watchComebacks(device);
    await device.put("todos", { id: "mine", n: 1 });
    await untilEqual(() => other.get("todos", "mine"), { id: "mine", n: 1 });
    assert.equal((await first.status()).leader, true);
    await device.page.goto(`${stage.site.url}/elsewhere.html`);
    const left = Date.now();
    await until("the tab that stays leads", async () => (await other.status()).leader);
    const took = Date.now() - left;
    assert.ok(took < TAKE_OVER, `${took} ms`);
    await other.put("todos", { id: "theirs", n: 2 });
    await untilEqual(async () => (await account.record("todos", "theirs"))?.data, { id: "theirs", n: 2 });
    await back(device);
    await untilEqual(() => comebacks(device), [true]);
    await untilEqual(() => device.get("todos", "theirs"), { id: "theirs", n: 2 });
    await device.put("todos", { id: "again", n: 3 });
    await untilEqual(() => other.get("todos", "again"), { id: "again", n: 3 });
    await untilEqual(async () => (await account.record("todos", "again"))?.data, { id: "again", n: 3 });
    if (comesBack) {
      await other.page.close();
      await until("it leads again", async () => (await device.status()).leader);
      await device.put("todos", { id: "last", n: 4 });
      await untilEqual(async () => (await account.record("todos", "last"))?.data, { id: "last", n: 4 });
    } else {
      await other.page.close();
    }
    await device.page.close();
  },

  async "a page that led alone goes on from where it was when the user comes back to it"(stage) {
    const { account, device } = await stage.synced();
    await device.live();
    await watchComebacks(device);
    await device.page.goto(`${stage.site.url}/elsewhere.html`);
    await back(device);
    const isBack = (await comebacks(device)) !== null;
    assert.equal(isBack, stage.engine.name !== "firefox");
    if (!isBack) await device.start();
    await device.put("todos", { id: "t", n: 1 });
    await untilEqual(async () => (await account.record("todos", "t"))?.data, { id: "t", n: 1 });
    await device.live();
    await device.page.close();
  },

  async "a page in the back/forward cache holds up nobody who deletes its database"(stage) {
    const device = await stage.tab();
    const other = await stage.tab({ name: device.options.name });
    await device.put("todos", { id: "t", n: 1 });
    await device.page.goto(`${stage.site.url}/elsewhere.html`);
    await other.run(async (db) => {
      await db.close();
      await /** @type {any} */ (window).destroy(db.name);
    });
    const left = await other.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
    assert.ok(!left.includes(device.options.name), left.join());
    await Promise.all([device.page.close(), other.page.close()]);
  },

  async "a connection that the browser closed is opened again, and nobody notices"(stage) {
    const { account, device } = await stage.synced();
    const other = await stage.tab(device.options);
    await device.put("todos", { id: "t", n: 1 });
    for (const n of [2, 3]) {
      await device.page.evaluate(() => {
        // What becomes of the handles of a page that was in the background: closed, and nobody said so.
        const { prototype } = IDBDatabase;
        const transaction = prototype.transaction;
        prototype.transaction = function (...given) {
          prototype.transaction = transaction;
          this.close();
          return transaction.apply(this, given);
        };
      });
      await device.put("todos", { id: "t", n });
      await untilEqual(() => other.get("todos", "t"), { id: "t", n });
    }
    await untilEqual(async () => (await account.record("todos", "t"))?.data, { id: "t", n: 3 });
    await Promise.all([device.page.close(), other.page.close()]);
  },

  async "a database that is deleted under a page is closed for good there, and the next start begins from nothing"(stage) {
    const { device } = await stage.synced();
    const stranger = await stage.tab();
    await device.put("todos", { id: "t", n: 1 });
    await device.settled();
    await stranger.page.evaluate((name) => new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = () => resolve(undefined);
      request.onerror = () => reject(request.error);
    }), device.options.name);
    const error = await device.failure((db) => db.collection("todos").put({ id: "u" }));
    assert.deepEqual([error.isSynclineError, error.code, error.retryable], [true, "closed", false]);
    await device.page.evaluate((options) => /** @type {any} */ (window).start(options), device.options);
    assert.deepEqual([(await device.status()).state, await device.list("todos")], ["disabled", []]);
    await Promise.all([device.page.close(), stranger.page.close()]);
  },

  async "a deletion that another page holds up is said in time, and happens once that lets go"(stage) {
    const stubborn = await stage.tab();
    const device = await stage.tab({ name: stubborn.options.name });
    await device.put("todos", { id: "t", n: 1 });
    await stubborn.page.evaluate(async (name) => {
      const opened = await new Promise((resolve) => { const request = indexedDB.open(name); request.onsuccess = () => resolve(request.result); });
      Object.assign(window, { stubborn: opened });
    }, device.options.name);
    const error = await device.failure((_, name) => /** @type {any} */ (window).destroy(name), device.options.name);
    assert.deepEqual([error.code, error.retryable], ["storage-unavailable", true]);
    await stubborn.page.evaluate(() => /** @type {any} */ (window).stubborn.close());
    await until("the database is gone", () => device.page.evaluate(async (name) => (await indexedDB.databases()).every((one) => one.name !== name), device.options.name));
    await Promise.all([device.page.close(), stubborn.page.close()]);
  },
};

describe("every engine", { concurrency: true }, () => {
  for (const name of ENGINES) {
    describe(name, { concurrency: 1 }, () => {
      /** @type {Stage} */
      let stage;
      before(async () => { stage = await Stage.set(name); });
      after(() => stage?.end());
      for (const [what, play] of Object.entries(SCENES)) test(`${name}: ${what}`, () => play(stage));
    });
  }
});
