// @ts-check
// Firefox, driven by geckodriver, which gives it a profile of its own and removes it.

import * as webdriver from "./webdriver.mjs";

/** @param {{ [pref: string]: string | number | boolean }} [prefs] */
export function start(prefs = {}) {
  return webdriver.start({
    program: "geckodriver",
    args: (port) => ["--port", String(port)],
    capabilities: { browserName: "firefox", "moz:firefoxOptions": { args: ["-headless"], prefs } },
  });
}
