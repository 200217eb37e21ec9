// @ts-check
// An extension whose service worker is stopped in the middle of everything. `node tests/kill/run-workers.mjs` does it longer.

import assert from "node:assert/strict";

import { stopWorkers } from "../kill/workers.mjs";
import { test } from "./support/until.mjs";

const TIMES = 12;

test(`${TIMES} stops of the service worker lose nothing that was acknowledged, and do nothing twice`, async (t) => {
  const { lives, acknowledged, pushed, doubts, lost, twice, wrong } = await stopWorkers(TIMES);
  t.diagnostic(`${acknowledged} writes acknowledged, ${pushed} records of another device, ${doubts} in doubt`);
  assert.deepEqual({ lost, twice, wrong }, { lost: [], twice: [], wrong: [] });
  assert.equal(lives, TIMES + 1);
  assert.ok(acknowledged > 50 && pushed > 5, "all were busy");
});
