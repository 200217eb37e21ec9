// @ts-check
// The background of an extension in a Chromium that nobody debugs: it idles, is ended, and is woken by its own alarm; and the
// browser is killed. Waits as long as a browser does, and so for both at once.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";

import { Account } from "../e2e/support/account.mjs";
import { makeFixture } from "../e2e/support/client-extension.mjs";
import { CHROMIUM } from "../e2e/support/places.mjs";
import { startPlain } from "../e2e/support/plain-browser.mjs";
import { Server } from "../e2e/support/server.mjs";
import { startSite } from "../e2e/support/site.mjs";
import { pause, until } from "../e2e/support/until.mjs";

const server = await Server.start();
after(() => server.end());

/** Milliseconds after which Chromium ends a service worker that idles. */
const IDLE = 30_000;
const LIMIT = 90_000;

/** The page's open client. */
const { db } = /** @type {any} */ (globalThis);

/** @param {import("node:test").TestContext} t */
async function folders(t) {
  const [profile, extension] = [await mkdtemp(path.join(tmpdir(), "syncline-e2e-plain-")), await makeFixture()];
  t.after(async () => {
    for (const folder of [profile, extension]) await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });
  return { profile, extension };
}

/**
 * Opens a page of the extension, once its worker has said where that is.
 * @param {import("../e2e/support/plain-browser.mjs").PlainBrowser} browser
 */
async function openPage(browser) {
  const url = await until("the extension's worker runs", async () => (await browser.workers()).find((url) => url.startsWith("chrome-extension:")));
  return browser.page(new URL("/page.html", url).href);
}

/**
 * Signs the extension in, from a page of it, and connects the page.
 * @param {import("../e2e/support/plain-browser.mjs").PlainPage} page
 * @param {Account} account
 * @param {object} [more]
 */
async function signIn(page, account, more) {
  const options = { url: account.url, token: account.token, account: account.email, ...more };
  await page.run(async (options) => {
    await chrome.storage.local.set({ options });
    await chrome.runtime.sendMessage({ fixture: "reopen" });
    await /** @type {any} */ (window).start();
    await db.enable();
  }, options);
}

describe("a background that nobody debugs", { concurrency: true }, () => {
  it("is ended when it idles for 30 seconds, and woken by its own alarm, upon which it syncs", { timeout: LIMIT }, async (t) => {
    const { profile, extension } = await folders(t);
    const account = await Account.register(server.url);
    const browser = await startPlain(CHROMIUM, profile, extension);
    t.after(() => browser.kill());
    const page = await openPage(browser);
    // Soon after it has been ended.
    await signIn(page, account, { schedule: { pollInterval: IDLE + 8_000 } });
    await until("it has synced", () => page.run(() => db.status.state === "synced"));
    const before = await page.run(async () => {
      await db.close();
      // A client that listens to nothing keeps nobody awake.
      await /** @type {any} */ (window).connect();
      return chrome.runtime.sendMessage({ fixture: "boot" });
    });
    const idleSince = Date.now();
    const looked = async () => (await browser.workers()).length;
    while ((await looked()) > 0) {
      assert.ok(Date.now() - idleSince < 2 * IDLE, "it has never been ended");
      await pause(250);
    }
    const idled = Date.now() - idleSince;
    assert.ok(idled > IDLE - 5_000, `it was ended after ${idled} ms: something else ended it`);
    const id = randomUUID();
    await account.push(randomUUID(), [{ id: randomUUID(), collection: "todos", record: id, op: "put", base: null, data: { id, title: "Bread" }, editedAt: Date.now() }]);
    const pushedAt = Date.now();
    await until("its alarm wakes it", looked);
    await until("it has synced", async () => (await page.run(() => chrome.runtime.sendMessage({ fixture: "status" }))).lastSyncedAt > pushedAt);
    const armed = await page.run(async () => (await chrome.alarms.get("syncline"))?.scheduledTime ?? 0);
    assert.ok(armed > Date.now(), "its alarm is armed again");
    const [after, title] = await page.run(async (id) => {
      const boot = await chrome.runtime.sendMessage({ fixture: "boot" });
      await /** @type {any} */ (window).start();
      return [boot, (await db.collection("todos").get(id))?.title];
    }, id);
    assert.notEqual(after, before);
    assert.equal(title, "Bread");
    t.diagnostic(`ended after ${(idled / 1_000).toFixed(1)} s`);
  });

  it("brings what other devices do within 30 seconds to a page that somebody sees", { timeout: LIMIT }, async (t) => {
    const { profile, extension } = await folders(t);
    const account = await Account.register(server.url);
    const browser = await startPlain(CHROMIUM, profile, extension);
    t.after(() => browser.kill());
    const page = await openPage(browser);
    await signIn(page, account);
    await until("it has synced", () => page.run(() => db.status.state === "synced"));
    await page.run(() => void db.collection("todos").live().subscribe((/** @type {any[]} */ docs) => (/** @type {any} */ (window).shown = docs.length)));
    const id = randomUUID();
    await account.push(randomUUID(), [{ id: randomUUID(), collection: "todos", record: id, op: "put", base: null, data: { id, title: "Bread" }, editedAt: Date.now() }]);
    await until("it is shown", () => page.run(() => /** @type {any} */ (window).shown === 1));
  });

  it("serves a content script also after its page came back from the back/forward cache", { timeout: LIMIT }, async (t) => {
    const { profile, extension } = await folders(t);
    const site = await startSite();
    t.after(() => site.end());
    const browser = await startPlain(CHROMIUM, profile, extension);
    t.after(() => browser.kill());
    const page = await browser.page(`${site.url}/page.html`);
    /** @param {string} method @param {any[]} args @returns {Promise<any>} */
    const ask = (method, ...args) => page.run(([method, args]) => new Promise((resolve, reject) => {
      const number = Math.random();
      addEventListener("message", ({ data }) => {
        if (data?.to === "page" && data.number === number) data.wrong ? reject(new Error(data.wrong.message)) : resolve(data.value);
      });
      postMessage({ to: "content-script", number, collection: "todos", method, args }, "*");
    }), /** @type {const} */ ([method, args]));
    await ask("put", { id: "before" });
    await page.run(() => void Object.assign(window, { mark: "kept" }));
    await page.run(() => void setTimeout(() => location.assign("/page.html?other")));
    await until("another page is there", () => page.run(() => location.search === "?other" && /** @type {any} */ (window).isReady).catch(() => false));
    await page.run(() => void setTimeout(() => history.back()));
    await until("the first page is back as it was", () => page.run(() => /** @type {any} */ (window).mark === "kept").catch(() => false));
    await ask("put", { id: "after" });
    assert.equal(await ask("count"), 2);
  });

  it("wakes no worker for a page that nobody sees, until somebody does", { timeout: LIMIT }, async (t) => {
    const { profile, extension } = await folders(t);
    const browser = await startPlain(CHROMIUM, profile, extension);
    t.after(() => browser.kill());
    const page = await openPage(browser);
    await page.run(() => /** @type {any} */ (window).start());
    const other = await browser.page(await page.run(() => location.href));
    await until("nobody sees the page", () => page.run(() => document.hidden));
    await other.stopWorkers();
    await pause(2_000);
    assert.deepEqual(await browser.workers(), []);
    await page.show();
    await until("the worker is woken", async () => (await browser.workers()).length > 0);
    assert.equal(await page.run(() => db.collection("todos").count()), 0);
  });

  it("has everything that was acknowledged after the browser was killed, and brings it to the server once", { timeout: LIMIT }, async (t) => {
    const { profile, extension } = await folders(t);
    const account = await Account.register(server.url);
    /** @type {string[]} */
    const acknowledged = [];
    for (let round = 0; round < 3; round += 1) {
      const browser = await startPlain(CHROMIUM, profile, extension);
      t.after(() => browser.kill());
      const page = await openPage(browser);
      await signIn(page, account);
      await page.bind("acknowledge", (id) => acknowledged.push(id));
      const lost = await page.run(async (ids) => {
        const there = new Set((await db.collection("todos").list()).map((/** @type {any} */ { id }) => id));
        return ids.filter((id) => !there.has(id));
      }, acknowledged);
      assert.deepEqual(lost, []);
      const before = acknowledged.length;
      await page.run(() => {
        void (async () => {
          for (let number = 0; ; number += 1) {
            const { id } = await db.collection("todos").put({ number, text: "x".repeat(100) });
            /** @type {any} */ (window).acknowledge(id);
          }
        })();
      });
      await until("it writes", () => acknowledged.length > before + 20);
      await pause(Math.random() * 500);
      await browser.kill();
    }
    const browser = await startPlain(CHROMIUM, profile, extension);
    t.after(() => browser.kill());
    const page = await openPage(browser);
    await signIn(page, account);
    await until("all is synced", () => page.run(() => db.status.state === "synced" && db.status.pending === 0));
    const records = new Map((await account.records("todos")).map((record) => [record.id, record.version]));
    assert.deepEqual(acknowledged.filter((id) => records.get(id) !== 1), []);
    t.diagnostic(`${acknowledged.length} writes acknowledged, 3 kills`);
  });
});
