// @ts-check
// Browsers that are killed in the middle of writes. Fifty times: `node tests/kill/run.mjs`.

import assert from "node:assert/strict";
import { test } from "node:test";

import { kill } from "../kill/kills.mjs";

const KILLS = 3;

for (const engine of /** @type {const} */ (["chromium", "firefox"])) {
  test(`${engine} that is killed in the middle of writes loses nothing it acknowledged, and tears nothing`, { timeout: 240_000 }, async (t) => {
    const { kills, acknowledged, found, lost, wrong } = await kill(engine, KILLS);
    t.diagnostic(`${acknowledged} acknowledged, ${found} found`);
    assert.deepEqual([kills, lost, wrong], [KILLS, 0, []]);
    assert.ok(acknowledged > 0, "it wrote");
  });
}
