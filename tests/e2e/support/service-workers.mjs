// @ts-check
// Service workers as the browser sees them: which run, and stopping them as it does when they idle. Starts none.

import { until } from "./until.mjs";

/**
 * Stops all service workers that a page's browser runs, and waits until none does.
 * @param {import("playwright-core").Page} page
 */
export async function stopServiceWorkers(page) {
  const session = await page.context().newCDPSession(page);
  /** @type {Map<string, string>} */
  const states = new Map();
  session.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
    for (const { versionId, runningStatus } of versions) states.set(versionId, runningStatus);
  });
  await session.send("ServiceWorker.enable");
  await until("a service worker runs", () => [...states.values()].includes("running"));
  await session.send("ServiceWorker.stopAllWorkers");
  await until("no service worker runs", () => [...states.values()].every((status) => status === "stopped"));
  await session.detach();
}
