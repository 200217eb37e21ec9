// @ts-check
// Browsers that nobody drives, in a profile that outlives them: started with an address, and killed. Judges nothing.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { ARGUMENTS, CHROMIUM } from "./stage.mjs";

/** @typedef {"chromium" | "firefox"} Engine */

/** No first-run pages, no updates, nothing from the network. */
const FIREFOX = {
  "app.normandy.enabled": false,
  "app.update.auto": false,
  "browser.aboutwelcome.enabled": false,
  "browser.newtab.preload": false,
  // For its pictures of pages it would open them a second time, with a storage of their own that is empty.
  "browser.pagethumbnails.capturing_disabled": true,
  "browser.sessionstore.resume_from_crash": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.startup.max_resumed_crashes": -1,
};

/**
 * Starts a browser with a page.
 * @param {Engine} engine
 * @param {string} folder its profile
 * @param {string} url
 * @param {{ [pref: string]: string | number | boolean }} [prefs] of Firefox
 */
export async function startBrowser(engine, folder, url, prefs = {}) {
  if (engine === "firefox") {
    const lines = Object.entries({ ...FIREFOX, ...prefs }).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
    await writeFile(path.join(folder, "user.js"), lines.join(""));
  }
  const [program, args] =
    engine === "firefox"
      ? [process.env.SYNCLINE_FIREFOX ?? "firefox", ["-headless", "-no-remote", "-profile", folder, url]]
      : [CHROMIUM, ["--headless=new", ...ARGUMENTS, "--disable-gpu", "--no-first-run", "--disable-background-networking", `--user-data-dir=${folder}`, url]];
  // A group of its own, so that all of its processes can be killed at once.
  const browser = spawn(program, args, { detached: true, stdio: "ignore" });
  const ended = once(browser, "exit");
  await once(browser, "spawn");
  return {
    /** Kills every process of it, as the system does that is out of memory. */
    async kill() {
      if (browser.exitCode === null && browser.signalCode === null && browser.pid !== undefined) {
        process.kill(-browser.pid, "SIGKILL");
      }
      await ended;
    },
  };
}
