// @ts-check
// The package's entry: `open` and `destroy`. The API is documented in index.d.ts.

import { Beginning } from "./begin.js";
import { SynclineError, invalidArgument, toError } from "./errors.js";
import { isCoreLoaded, loadCore } from "./load.js";
import { openOn } from "./syncline.js";
import { version } from "./version.js";

export { SynclineError, version };

/** @type {typeof import("./index.js").open} */
export async function open(options) {
  return openOn(options, loadCore, (name) => (isCoreLoaded() ? undefined : new Beginning(name)));
}

/** @type {typeof import("./index.js").destroy} */
export async function destroy(name) {
  if (typeof name !== "string" || name === "") {
    throw invalidArgument("name", "must be a non-empty string");
  }
  const Core = await loadCore();
  try {
    await Core.destroy(name);
  } catch (thrown) {
    throw toError(thrown);
  }
}
