// @ts-check
// The extension in a profile of its own. Knows how to open its pages, not what is in them.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { chromium } from "playwright-core";

import { CHROMIUM, EXTENSION } from "./places.mjs";
import { ARGUMENTS } from "./stage.mjs";

/** Starts a browser that has the extension. */
export async function startExtension() {
  const folder = await mkdtemp(path.join(tmpdir(), "syncline-e2e-extension-"));
  const profile = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM,
    args: [...ARGUMENTS, `--disable-extensions-except=${EXTENSION}`, `--load-extension=${EXTENSION}`],
  });
  const worker = profile.serviceWorkers()[0] ?? await profile.waitForEvent("serviceworker");
  return {
    profile,
    /**
     * Opens one of its pages: the popup as a page of its own is the same document.
     * @param {"popup" | "newtab"} name
     */
    async open(name) {
      const page = await profile.newPage();
      await page.goto(`chrome-extension://${new URL(worker.url()).host}/${name}.html`);
      await page.getByTestId("todo-input").waitFor();
      return page;
    },
    async end() {
      await profile.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
