// @ts-check
// Chromium, driven by Playwright. A persistent context: IndexedDB of any other is in memory only.

import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { GLOBAL } from "./engine.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--js-flags=--expose-gc"];

/** @returns {Promise<import("./engine.mjs").Browser>} */
export async function start() {
  const profile = await mkdtemp(join(tmpdir(), "bench-chromium-"));
  const executablePath = process.env.SYNCLINE_CHROMIUM ?? found();
  const context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: ARGUMENTS });
  context.setDefaultTimeout(0);
  return {
    version: `Chromium ${context.browser()?.version() ?? ""}`.trim(),
    page: (url) => page(context, url),
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * @param {import("playwright-core").BrowserContext} context
 * @param {string} url
 * @returns {Promise<import("./engine.mjs").Page>}
 */
async function page(context, url) {
  const tab = await context.newPage();
  await tab.goto(url);
  const tools = await context.newCDPSession(tab);
  return {
    call: (name, ...args) =>
      tab.evaluate(([object, method, given]) => /** @type {any} */ (globalThis)[object][method](...given), /** @type {const} */ ([GLOBAL, name, args])),
    heap: async () => {
      await tools.send("HeapProfiler.enable");
      await tools.send("HeapProfiler.collectGarbage");
      return (await tools.send("Runtime.getHeapUsage")).usedSize;
    },
    close: () => tab.close(),
  };
}

/** The path of the first Chromium that is there. */
function found() {
  for (const name of NAMES) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // The next name may be there.
    }
  }
  throw new Error(`no Chromium is on PATH (${NAMES.join(", ")})`);
}
