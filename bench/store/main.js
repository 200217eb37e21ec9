// @ts-check
// What a driver can ask of the page. Decides nothing: the driver says what comes when.

import { measure, measureBare, prepare } from "./fresh.js";
import * as growth from "./growth.js";
import { keepOpen, run } from "./scenarios.js";
import { load } from "./sides.js";

/** @typedef {import("./sides.js").SideName} SideName */

/** @type {any} */ (globalThis).bench = {
  scenario: async (/** @type {string} */ scenario, /** @type {SideName} */ side, /** @type {number} */ seed) =>
    run(scenario, await load(side), seed),
  keepOpen: async (/** @type {SideName} */ side) => keepOpen(await load(side)),
  prepare,
  fresh: measure,
  bare: measureBare,
  ...growth,
};
