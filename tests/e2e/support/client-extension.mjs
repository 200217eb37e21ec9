// @ts-check
// The extension of fixtures/extension in a profile: its pages, a page with its content script, its worker. Checks nothing.

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { chromium } from "playwright-core";

import { FIXTURES, WWW } from "./places.mjs";
import { ARGUMENTS } from "./stage.mjs";
import { until } from "./until.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {Awaited<ReturnType<typeof startFixture>>} Fixture */

/**
 * A folder with the extension and the package in it, which somebody has to delete.
 * @param {object} [settings] of `background`: a worker has to have them at once, and reads its manifest at once
 */
export async function makeFixture(settings = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), "syncline-e2e-fixture-"));
  await cp(path.join(FIXTURES, "extension"), folder, { recursive: true });
  await cp(path.join(WWW, "pkg"), path.join(folder, "pkg"), { recursive: true });
  const manifest = path.join(folder, "manifest.json");
  await writeFile(manifest, JSON.stringify({ ...JSON.parse(await readFile(manifest, "utf8")), settings }));
  return folder;
}

/**
 * Starts a browser with the extension, which ends with the test.
 * @param {{after(end: () => Promise<void>): void}} t
 * @param {object} [settings] of `background`
 */
export async function startFixture(t, settings) {
  const [extension, folder] = [await makeFixture(settings), await mkdtemp(path.join(tmpdir(), "syncline-e2e-profile-"))];
  const profile = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.SYNCLINE_CHROMIUM ?? "/usr/bin/chromium",
    args: [...ARGUMENTS, `--disable-extensions-except=${extension}`, `--load-extension=${extension}`],
  });
  t.after(async () => {
    await profile.close();
    await Promise.all([extension, folder].map((one) => rm(one, { recursive: true, force: true, maxRetries: 5 })));
  });
  const worker = profile.serviceWorkers()[0] ?? (await profile.waitForEvent("serviceworker"));
  const origin = `chrome-extension://${new URL(worker.url()).host}`;
  return {
    profile,
    worker,
    origin,
    /** A page of the extension without a client. */
    async bare() {
      const page = await profile.newPage();
      await page.goto(`${origin}/page.html`);
      await page.waitForFunction("window.isReady");
      return page;
    },
    /**
     * A page of the extension that is connected.
     * @param {object} [options] of `connect`
     */
    async page(options) {
      const page = await this.bare();
      await page.evaluate((options) => /** @type {any} */ (window).start(options), options);
      return page;
    },
    /**
     * A page of a website, and in it the content script that it can ask.
     * @param {string} url
     */
    async content(url) {
      const page = await profile.newPage();
      await page.goto(url);
      await page.evaluate(() => {
        let last = 0;
        Object.assign(window, {
          /** @type {(collection: string | null, method: string, ...args: any[]) => Promise<any>} */
          ask: (collection, method, ...args) =>
            new Promise((resolve, reject) => {
              last += 1;
              const number = last;
              addEventListener("message", function heard({ data }) {
                if (data?.to !== "page" || data.number !== number) return;
                removeEventListener("message", heard);
                if (data.wrong) reject(Object.assign(new Error(data.wrong.message), data.wrong));
                else resolve(data.value);
              });
              postMessage({ to: "content-script", number, collection, method, args }, "*");
            }),
        });
      });
      return page;
    },
    /**
     * Says what the background opens, from its next start or `reopen` on.
     * @param {Page} page of the extension
     * @param {object | null} options
     */
    async setOptions(page, options) {
      await page.evaluate((options) => chrome.storage.local.set({ options }), options);
    },
    /** @param {Page} page of the extension */
    async reopen(page) {
      await page.evaluate(() => chrome.runtime.sendMessage({ fixture: "reopen" }));
    },
    /** @param {Page} page of the extension @returns {Promise<string>} */
    boot: (page) => page.evaluate(() => chrome.runtime.sendMessage({ fixture: "boot" })),
    /** @param {Page} page of the extension */
    alarm: (page) => page.evaluate(async () => (await chrome.alarms.get("syncline")) ?? null),
    /** @param {Page} page of the extension */
    badge: (page) => page.evaluate(() => chrome.action.getBadgeText({})),
  };
}

/**
 * Starts a browser with the extension, which syncs for a user.
 * @param {{after(end: () => Promise<void>): void}} t
 * @param {import("./account.mjs").Account} account
 * @param {object} [options] more of what the background opens
 * @param {object} [settings] of `background`
 */
export async function startSignedIn(t, account, options, settings) {
  const fixture = await startFixture(t, settings);
  const page = await fixture.bare();
  await fixture.setOptions(page, { url: account.url, token: account.token, account: account.email, ...options });
  await fixture.reopen(page);
  await page.evaluate(() => /** @type {any} */ (window).start());
  await page.evaluate(() => /** @type {any} */ (window).db.enable());
  return { fixture, page };
}

/**
 * Waits until a page's client says that all is synced.
 * @param {Page} page
 */
export async function settled(page) {
  await until("the client is synced", () => page.evaluate(() => {
    const { state, pending } = /** @type {any} */ (window).db.status;
    return state === "synced" && pending === 0;
  }));
}
