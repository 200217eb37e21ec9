// @ts-check
// Service workers as the browser sees them: which run, and stopping them as it does when they idle. Starts none.

import { until } from "./until.mjs";

/**
 * Stops all service workers that a page's browser runs, and waits until each has ended. What uses one may wake it at once.
 * @param {import("playwright-core").Page} page
 */
export async function stopServiceWorkers(page) {
  const session = await page.context().newCDPSession(page);
  const running = new Set();
  const ended = new Set();
  session.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
    for (const { versionId, runningStatus } of versions) {
      if (runningStatus === "running") running.add(versionId);
      if (runningStatus === "stopped" && running.has(versionId)) ended.add(versionId);
    }
  });
  await session.send("ServiceWorker.enable");
  await until("a service worker runs", () => running.size > 0);
  ended.clear();
  const all = [...running];
  await session.send("ServiceWorker.stopAllWorkers");
  await until("each service worker has ended", () => all.every((id) => ended.has(id)));
  await session.detach();
}

/**
 * Stops service workers as often as it is asked to, also those that somebody wakes at once.
 * @param {import("playwright-core").Page} page
 */
export async function makeStopper(page) {
  const session = await page.context().newCDPSession(page);
  /** @type {Map<string, string>} */
  const states = new Map();
  let stops = 0;
  session.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
    for (const { versionId, runningStatus } of versions) {
      if (runningStatus === "stopped" && states.get(versionId) !== "stopped") stops += 1;
      states.set(versionId, runningStatus);
    }
  });
  await session.send("ServiceWorker.enable");
  return async function stop() {
    await until("a service worker runs", () => [...states.values()].includes("running"));
    const before = stops;
    await session.send("ServiceWorker.stopAllWorkers");
    await until("it has been stopped", () => stops > before);
  };
}
