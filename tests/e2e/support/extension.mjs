// @ts-check
// The extension in a profile of its own, and what its users do with it. Knows its pages, not how it syncs.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { chromium } from "playwright-core";

import { fillSignIn, watchForErrors } from "./demo.mjs";
import { CHROMIUM, EXTENSION } from "./places.mjs";
import { ARGUMENTS } from "./stage.mjs";
import { untilEqual } from "./until.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./demo.mjs").Credentials} Credentials */
/** @typedef {"todos" | "habits" | "links" | "focus" | "settings"} Name A collection that the user may sync. */

/**
 * Starts a browser that has some extensions.
 * @param {...string} extensions Their folders.
 */
async function launchWith(...extensions) {
  const folder = await mkdtemp(path.join(tmpdir(), "syncline-e2e-extension-"));
  const profile = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM,
    args: [...ARGUMENTS, `--disable-extensions-except=${extensions}`, `--load-extension=${extensions}`],
  });
  return {
    profile,
    async end() {
      await profile.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * The same, ended with the test.
 * @param {import("node:test").TestContext} t
 * @param {...string} extensions Their folders.
 */
export async function startWith(t, ...extensions) {
  const { profile, end } = await launchWith(...extensions);
  t.after(end);
  return profile;
}

/** Starts a browser that has the extension. */
export async function launchExtension() {
  const { profile, end } = await launchWith(EXTENSION);
  const worker = profile.serviceWorkers()[0] ?? await profile.waitForEvent("serviceworker");
  return {
    profile,
    worker,
    end,
    /**
     * Opens one of its pages: the popup as a page of its own is the same document.
     * @param {"popup" | "newtab"} name
     */
    async open(name) {
      const page = await profile.newPage();
      watchForErrors(page);
      await page.goto(`chrome-extension://${new URL(worker.url()).host}/${name}.html`);
      await page.getByTestId("todo-input").waitFor();
      return page;
    },
  };
}

/**
 * The same, ended with the test.
 * @param {import("node:test").TestContext} t
 */
export async function startExtension(t) {
  const extension = await launchExtension();
  t.after(() => extension.end());
  return extension;
}

/**
 * Turns sync on for some collections, by the card of the first run, and waits until that is done.
 * @param {Page} page A new tab of somebody who has not signed in.
 * @param {string} url The server.
 * @param {"register" | "login"} action
 * @param {Credentials} credentials
 * @param {Name[]} names
 */
export async function optIn(page, url, action, credentials, names) {
  for (const name of names) await page.getByTestId(`opt-in-${name}`).check();
  await page.getByTestId("opt-in-on").click();
  await page.getByTestId("server-url").fill(url);
  await fillSignIn(page, action, credentials);
  await untilEqual(() => page.getByTestId("opt-in").isVisible(), false);
  await untilEqual(() => page.getByTestId("sign-in-dialog").isVisible(), false);
}

/**
 * What the extension's icon shows.
 * @param {Page} page One of its pages.
 */
export function badge(page) {
  return page.evaluate(() => chrome.action.getBadgeText({}));
}
