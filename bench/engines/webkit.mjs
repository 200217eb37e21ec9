// @ts-check
// WebKitGTK's MiniBrowser, driven by WebKitWebDriver on a virtual screen. This is not Safari, but its engine.

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

import * as webdriver from "./webdriver.mjs";

const LIBRARIES = "/usr/lib/x86_64-linux-gnu";

export async function start() {
  const binary = miniBrowser();
  const screen = process.env.DISPLAY === undefined ? await virtualScreen() : undefined;
  const env = { ...(screen && { DISPLAY: screen.display }), ...(process.getuid?.() === 0 && { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" }) };
  try {
    const browser = await webdriver.start({
      program: "WebKitWebDriver",
      args: (port) => [`--port=${port}`],
      env,
      capabilities: { "webkitgtk:browserOptions": { binary, args: ["--automation"] } },
    });
    return { ...browser, close: () => browser.close().finally(() => screen?.stop()) };
  } catch (thrown) {
    screen?.stop();
    throw thrown;
  }
}

/** The newest MiniBrowser that is installed. */
function miniBrowser() {
  const folders = readdirSync(LIBRARIES).filter((name) => name.startsWith("webkit2gtk-")).sort();
  const newest = folders.at(-1);
  if (newest === undefined) {
    throw new Error("no MiniBrowser is there: install Debian's webkit2gtk-driver");
  }
  return join(LIBRARIES, newest, "MiniBrowser");
}

/** @returns {Promise<{display: string, stop: () => void}>} */
function virtualScreen() {
  const child = spawn("Xvfb", ["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"], { stdio: ["ignore", "pipe", "ignore"] });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.stdout.once("data", (/** @type {Buffer} */ number) =>
      resolve({ display: `:${String(number).trim()}`, stop: () => child.kill() }),
    );
  });
}
