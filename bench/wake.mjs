// @ts-check
// How long an extension's stopped service worker takes from being woken to a durable write, over a database that is there. Stops
// the worker before each time as the browser does when it idles, with no debugger attached to it.

import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { startPlain } from "../tests/e2e/support/plain-browser.mjs";
import { until } from "../tests/e2e/support/until.mjs";
import { documents } from "./store/documents.js";

const HERE = fileURLToPath(new URL("wake", import.meta.url));
const PACKAGE = fileURLToPath(new URL("../pkg", import.meta.url));
/** Documents that are there, put in by calls of so many: each crosses as one message. */
const [COUNT, AT_ONCE] = [10_000, 1_000];
const WARM_UPS = 3;

/** What is measured, in milliseconds. */
export const WAKE_MEASURES = /** @type {const} */ ({
  page: "message to durable, as the page sees it",
  client: "connect() and put() of a client, as the page sees it",
  durable: "start of the worker to durable, by its own clock",
  script: "… of which: until its script runs",
  module: "… the module fetched from the disk, compiled and instantiated",
  open: "… open(), with the module",
  put: "… the put",
  compile: "the module compiled from its bytes, in a page",
  instantiate: "the compiled module instantiated, in a page",
});

/** @typedef {keyof typeof WAKE_MEASURES} Measure */

/**
 * Wakes the worker so many times; `isBundled`: its script is one file, as bundlers make it.
 * @param {{program: string, pkg?: string, isBundled: boolean, wakes: number, tell: (line: string) => void}} options
 * @returns {Promise<{version: string, bytes: number, samples: Record<Measure, number[]>}>}
 */
export async function measureWake({ program, pkg = PACKAGE, isBundled, wakes, tell }) {
  const [extension, profile] = [await mkdtemp(join(tmpdir(), "bench-wake-")), await mkdtemp(join(tmpdir(), "bench-wake-profile-"))];
  await cp(HERE, extension, { recursive: true });
  await cp(pkg, join(extension, "pkg"), { recursive: true });
  if (isBundled) await bundle(extension);
  const browser = await startPlain(program, profile, extension);
  /** @type {Record<Measure, number[]>} */
  const samples = { page: [], client: [], durable: [], script: [], module: [], open: [], put: [], compile: [], instantiate: [] };
  try {
    const url = await until("the worker runs", async () => (await browser.workers()).find((url) => url.startsWith("chrome-extension:")));
    const page = await browser.page(new URL("/page.html", url).href);
    /** @param {string} name @param {any} [given] @returns {Promise<any>} */
    const call = (name, given) => page.run(([name, given]) => /** @type {any} */ (window)[name](given), /** @type {const} */ ([name, given]));
    const docs = documents(COUNT);
    for (let from = 0; from < COUNT; from += AT_ONCE) await page.run((given) => /** @type {any} */ (window).ask("fill", given), docs.slice(from, from + AT_ONCE));
    let bytes = 0;
    let boot = "";
    for (let wake = 1 - WARM_UPS; wake <= wakes; wake += 1) {
      if (wake % 10 === 0) tell(wake > 0 ? `wake ${wake} of ${wakes}` : "warming up");
      const doc = { ...docs[(wake + WARM_UPS) * 7], title: `wake ${wake}` };
      await page.stopWorkers();
      const told = await call("byMessage", doc);
      if (told.boot === boot) throw new Error("the worker was not stopped");
      boot = told.boot;
      await page.stopWorkers();
      const client = (await call("asClient", doc)).page;
      const module = await call("compiled");
      bytes = module.bytes;
      if (wake <= 0) continue;
      for (const [name, ms] of Object.entries({ ...told, ...module, client })) {
        if (name in samples) samples[/** @type {Measure} */ (name)].push(ms);
      }
    }
    return { version: await browser.version(), bytes, samples };
  } finally {
    await browser.kill();
    for (const folder of [extension, profile]) await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/**
 * Makes one file of the background and of what it imports; the module stays where the package looks for it.
 * @param {string} extension
 */
async function bundle(extension) {
  const script = join(extension, "background.js");
  await build({ entryPoints: [script], outfile: script, allowOverwrite: true, bundle: true, minify: true, format: "esm", logLevel: "error" });
  await cp(join(extension, "pkg", "wasm"), join(extension, "wasm"), { recursive: true });
}

/**
 * The samples as a table: as published, and bundled.
 * @param {readonly Record<Measure, number[]>[]} both
 */
export function wakeTable(both) {
  const at = (/** @type {number[]} */ sorted, /** @type {number} */ share) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1);
  const lines = Object.entries(WAKE_MEASURES).map(([name, what]) => {
    const cells = both.map((samples) => {
      const sorted = samples[/** @type {Measure} */ (name)].toSorted((one, other) => one - other);
      return `${at(sorted, 0.5)} | ${at(sorted, 0.95)}`;
    });
    return `| ${what} | ${cells.join(" | ")} |`;
  });
  return ["| milliseconds | as published, p50 | p95 | bundled, p50 | p95 |", "|---|---|---|---|---|", ...lines];
}
