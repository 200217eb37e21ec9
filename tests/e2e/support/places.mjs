// @ts-check
// Where the built things are, as `cargo xtask test` says. Builds nothing.

import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @param {string} variable
 * @param {string} [otherwise]
 */
function place(variable, otherwise) {
  const found = process.env[variable] ?? otherwise;
  if (!found || !existsSync(found)) {
    throw new Error(`${variable} does not name what these tests need: run \`cargo xtask test --only e2e\` (docs/testing.md)`);
  }
  return path.resolve(found);
}

/** The server's program. */
export const SERVER = place("SYNCLINE_SERVER");
/** The folder to serve: the demo with the package, the data set and the extension in it. */
export const WWW = place("SYNCLINE_WWW");
/** The browser. */
export const CHROMIUM = place("SYNCLINE_CHROMIUM", "/usr/bin/chromium");
/** Firefox, for what is tried there too. */
export const FIREFOX = process.env.SYNCLINE_FIREFOX ?? "/usr/bin/firefox-esr";
/** The extension with its own copy of the package, and the same for Firefox. */
export const EXTENSION = path.join(WWW, "extension");
export const FIREFOX_EXTENSION = path.join(WWW, "extension-firefox");
/** Pages and workers that only tests need. */
export const FIXTURES = fileURLToPath(new URL("../fixtures", import.meta.url));
/** Where pictures of the pages go; none are made where it is not named. */
export const PICTURES = process.env.SYNCLINE_PICTURES;
