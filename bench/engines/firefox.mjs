// @ts-check
// Firefox, driven by geckodriver, which gives it a profile of its own and removes it.

import * as webdriver from "./webdriver.mjs";

export function start() {
  return webdriver.start({
    program: "geckodriver",
    args: (port) => ["--port", String(port)],
    capabilities: { browserName: "firefox", "moz:firefoxOptions": { args: ["-headless"] } },
  });
}
