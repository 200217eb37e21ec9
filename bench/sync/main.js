// @ts-check
// What a driver can ask of the page. Decides nothing: the driver says what comes when.

import { documents } from "../store/documents.js";
import { quiet } from "../store/measure.js";
import { crowd } from "./crowd.js";
import * as limits from "./limits.js";
import * as ours from "./ours.js";
import * as travel from "./travel.js";

/** @typedef {import("../server.mjs").Account} Account */

const SIDES = { limit: limits, ours };

/** @type {any} */ (globalThis).bench = {
  firstSync: async (/** @type {keyof typeof SIDES} */ side, /** @type {Account} */ account, /** @type {number} */ count) => {
    await quiet();
    return SIDES[side].firstSync(account, count);
  },
  push: async (/** @type {keyof typeof SIDES} */ side, /** @type {Account} */ account, /** @type {number} */ count) => {
    const docs = documents(count);
    await quiet();
    return SIDES[side].push(account, docs);
  },
  keep: ours.keep,
  increment: ours.increment,
  bytesOfEdit: ours.bytesOfEdit,
  crowd,
  ...travel,
};
