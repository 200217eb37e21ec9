// @ts-check
// What most files of tests begin with: one browser, one server, one site, and new accounts and devices for each test.

import { chromium } from "playwright-core";

import { Account } from "./account.mjs";
import { Device } from "./device.mjs";
import { CHROMIUM } from "./places.mjs";
import { Server } from "./server.mjs";
import { startSite } from "./site.mjs";

/** @typedef {import("node:test").TestContext} TestContext */

export const ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"];

/** Starts everything; `end` ends it. */
export async function setStage() {
  const [browser, server, site] = await Promise.all([
    chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS }),
    Server.start(),
    startSite(),
  ]);
  return {
    browser,
    server,
    site,
    /** A new user. */
    account: () => Account.register(server.url),
    /**
     * A new profile, which ends with the test.
     * @param {TestContext} t
     */
    async profile(t) {
      const profile = await browser.newContext();
      t.after(() => profile.close());
      return profile;
    },
    /**
     * The package open in a new profile, or in the one given.
     * @param {TestContext} t
     * @param {any} [options]
     */
    async localDevice(t, { profile, ...options } = {}) {
      return Device.open(profile ?? await this.profile(t), site.url, options);
    },
    /**
     * The same for an account, and sync on.
     * @param {TestContext} t
     * @param {Account} account
     * @param {any} [options]
     */
    async device(t, account, options) {
      const device = await this.localDevice(t, { url: account.url, tokens: [account.token], account: account.email, ...options });
      await device.run((db) => db.enable());
      return device;
    },
    async end() {
      await Promise.allSettled([browser.close(), server.end(), site.end()]);
    },
  };
}
