// @ts-check
// For tests of apps, under Node: the same Wasm with disks in memory, a virtual clock, a scripted network and a backend in the
// process. Opens no browser and waits for no real time. The API is documented in testing.d.ts.

import { World } from "./testing/world.js";

/** @type {typeof import("./testing.js").createWorld} */
export async function createWorld(options) {
  return /** @type {any} */ (new World(options));
}
