// @ts-check
// A PWA in Chromium: a page, and the service worker with the package's entry. Says what the browser tells the worker.

import { until } from "./until.mjs";

/** @typedef {import("./device.mjs").Device} Device */
/** @typedef {import("./account.mjs").Account} Account */

/**
 * Makes a device a PWA of an account: its service worker runs, and has what it opens the database with.
 * @param {Device} device
 * @param {Account} account
 * @param {object} [more] options for the worker alone
 */
export async function installPwa(device, account, more) {
  const options = { ...device.options, url: account.url, tokens: [account.token], account: account.email, ...more };
  await device.page.evaluate((options) => /** @type {any} */ (window).keepForWorker(options), options);
  await askPwa(device, "run", "() => true");
  await until("the worker controls the page", () => device.page.evaluate(() => navigator.serviceWorker.controller?.state === "activated"));
}

/**
 * Calls what contexts of tests have, in the service worker.
 * @param {Device} device
 * @param {string} call
 * @param {...any} args
 * @returns {Promise<any>}
 */
export function askPwa(device, call, ...args) {
  return device.page.evaluate(([call, args]) => /** @type {any} */ (window).askWorker("pwa", call, ...args), /** @type {const} */ ([call, args]));
}

/**
 * Registers the device's page for the service worker's help.
 * @param {Device} device
 * @param {object} [settings]
 */
export async function register(device, settings = {}) {
  await device.run((db, settings) => void /** @type {any} */ (window).registerSync(db, settings), settings);
}

/**
 * Has the browser tell a service worker something, as DevTools do.
 * @param {import("playwright-core").Page} page
 * @param {string} site
 */
export async function tools(page, site) {
  const session = await page.context().newCDPSession(page);
  /** @type {string | undefined} */
  let registrationId;
  session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
    for (const one of registrations) {
      if (one.scopeURL.startsWith(site) && !one.isDeleted) registrationId = one.registrationId;
    }
  });
  await session.send("ServiceWorker.enable");
  const id = await until("the browser names the registration", () => registrationId);
  const origin = new URL(site).origin;
  return {
    /** @param {boolean} lastChance */
    sync: (lastChance = false) => session.send("ServiceWorker.dispatchSyncEvent", { origin, registrationId: id, tag: "syncline", lastChance }),
    periodicSync: () => session.send("ServiceWorker.dispatchPeriodicSyncEvent", { origin, registrationId: id, tag: "syncline" }),
  };
}
