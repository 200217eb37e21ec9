// @ts-check
// What the tests in Chromium begin with: a site, a profile that is kept on disk, and contexts in tabs and workers.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { chromium } from "playwright-core";

import { startSite } from "./site.mjs";

/** @typedef {import("playwright-core").Page} Page */

export const CHROMIUM = process.env.SYNCLINE_CHROMIUM ?? "/usr/bin/chromium";
export const ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"];

/** Starts everything. */
export async function setStage() {
  const site = await startSite();
  const folder = await mkdtemp(path.join(tmpdir(), "store-"));
  const profile = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, args: ARGUMENTS });
  return {
    site,
    profile,
    /** A tab that has opened nothing yet. */
    async tab() {
      const page = await profile.newPage();
      await page.goto(`${site.url}/page.html`);
      await page.waitForFunction("window.isReady");
      return page;
    },
    async end() {
      await Promise.allSettled([profile.close(), site.end()]);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * One context with the database open; `ask` calls a method of `Context` in it.
 * @typedef {{ writer: string, page: Page, ask: (method: string, ...given: any[]) => Promise<any> }} Context
 */

/**
 * Opens the database in a tab.
 * @param {Page} page
 * @param {string} name
 * @param {string} writer
 * @returns {Promise<Context>}
 */
export async function inTab(page, name, writer) {
  await page.evaluate(async (/** @type {string[]} */ [name, writer]) => {
    const { Context, contexts } = /** @type {any} */ (globalThis);
    const context = await Context.open(name, writer);
    contexts[writer ?? ""] = (/** @type {string} */ method, /** @type {any[]} */ ...given) => context[method](...given);
  }, [name, writer]);
  return contextIn(page, writer);
}

/**
 * Opens the database in a worker of a tab.
 * @param {Page} page
 * @param {string} name
 * @param {string} writer
 * @returns {Promise<Context>}
 */
export async function inWorker(page, name, writer) {
  await page.evaluate(async (/** @type {string[]} */ [name, writer]) => {
    const { startWorker, contexts } = /** @type {any} */ (globalThis);
    contexts[writer ?? ""] = await startWorker(name, writer);
  }, [name, writer]);
  return contextIn(page, writer);
}

/**
 * @param {Page} page
 * @param {string} writer
 * @returns {Context}
 */
function contextIn(page, writer) {
  const call = (/** @type {any[]} */ [writer, method, given]) => /** @type {any} */ (globalThis).contexts[writer](method, ...given);
  return { writer, page, ask: (method, ...given) => page.evaluate(call, [writer, method, given]) };
}
