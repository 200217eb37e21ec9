// @ts-check
// Storage that is full: an error of its own, and everything that was acknowledged is there.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { startBrowser } from "./support/browsers.mjs";
import { setStage } from "./support/stage.mjs";

const LIMIT = { timeout: 120_000 };
const MEGABYTE = 1 << 20;

const stage = await setStage();
after(() => stage.end());

/** @param {any} filled */
function assertNothingIsLost({ code, kept, isSameInMemory, isSameOnDisk }) {
  assert.deepEqual([code, isSameInMemory, isSameOnDisk], ["quota-exceeded", true, true]);
  assert.ok(kept > 10, `${kept} were kept`);
}

test("Chromium's quota is met with an error of its own, and nothing is lost", LIMIT, async (t) => {
  const page = await stage.tab();
  const tools = await stage.profile.newCDPSession(page);
  // Before the first write: afterwards it takes half a minute to be heeded.
  await tools.send("Storage.overrideQuotaForOrigin", { origin: stage.site.url, quotaSize: 8 * MEGABYTE });
  const filled = await page.evaluate(() => /** @type {any} */ (globalThis).fillUp("full"));
  t.diagnostic(JSON.stringify(filled));
  assertNothingIsLost(filled);
});

test("Firefox's quota is met with an error of its own, and nothing is lost", LIMIT, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "quota-firefox-"));
  const wish = encodeURIComponent(JSON.stringify({ task: "fill", name: "full" }));
  const told = once(stage.site.heard, "report", { signal: AbortSignal.timeout(90_000) });
  // In kilobytes, for all origins; one may have a fifth of it, and ten megabytes at least.
  const prefs = { "dom.quotaManager.temporaryStorage.fixedLimit": 20 * 1024 };
  const browser = await startBrowser("firefox", folder, `${stage.site.url}/page.html#${wish}`, prefs);
  try {
    const [filled] = await told;
    t.diagnostic(JSON.stringify(filled));
    assert.equal(filled.kind, "filled", filled.message);
    assertNothingIsLost(filled);
  } finally {
    await browser.kill();
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
});
