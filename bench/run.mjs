// @ts-check
// `node bench/run.mjs store`, `sync` or `wake`: reads the options, starts the browser and prints what came out. Measures nothing itself.

import { mkdir, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { ENGINES } from "./engines/engine.mjs";
import { growthChart } from "./report/growth-chart.mjs";
import { growthTable } from "./report/growth-table.mjs";
import { ratioChart } from "./report/ratio-chart.mjs";
import { compare } from "./report/results.mjs";
import { ratioTable } from "./report/ratio-table.mjs";
import { syncChart, syncTable } from "./report/sync-report.mjs";
import { serve } from "./serve.mjs";
import { grow } from "./store-growth.mjs";
import { measure } from "./store.mjs";
import { CASES, COUNT } from "./store/cases.js";
import { documents } from "./store/documents.js";
import { measureSync, SYNC_CASES } from "./sync.mjs";
import { measureWake, wakeTable } from "./wake.mjs";

const LEAST_ROUNDS = 5;
/** How often a worker is woken for each round. */
const WAKES = 10;
const RESULTS = fileURLToPath(new URL("../docs/bench", import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    engine: { type: "string", default: "chromium" },
    rounds: { type: "string", default: String(LEAST_ROUNDS) },
    only: { type: "string", multiple: true },
    growth: { type: "boolean", default: false },
    million: { type: "boolean", default: false },
    package: { type: "string" },
    results: { type: "string", default: RESULTS },
  },
});

try {
  await main();
} catch (thrown) {
  console.error(`error: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : thrown}`);
  process.exitCode = 1;
}

async function main() {
  const [what = "store"] = positionals;
  const engine = ENGINES[values.engine];
  const rounds = Number(values.rounds);
  const known = what === "sync" ? SYNC_CASES : CASES.map((one) => one.id);
  const wanted = known.filter((id) => values.only === undefined || values.only.includes(id));
  const unknown = values.only?.find((id) => !known.includes(id));
  if (what !== "store" && what !== "sync" && what !== "wake") {
    throw new Error(`there is no benchmark "${what}"; there are: store, sync, wake`);
  }
  if (what !== "store" && values.engine !== "chromium") {
    throw new Error(`${what} is measured in chromium`);
  }
  if (engine === undefined) {
    throw new Error(`--engine is one of ${Object.keys(ENGINES).join(", ")}`);
  }
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new Error("--rounds is a whole number from 1 up");
  }
  if (unknown !== undefined) {
    throw new Error(`there is no case "${unknown}"; there are: ${known.join(", ")}`);
  }
  if (what === "wake") {
    await wake(rounds);
    return;
  }
  const { start } = await engine();
  const server = await serve(values.package);
  if (what === "sync") {
    await sync(start, `${server.origin}/bench/sync/page.html`, wanted, rounds).finally(() => server.stop());
    return;
  }
  const browser = await start().catch((thrown) => {
    server.stop();
    throw thrown;
  });
  const url = `${server.origin}/bench/store/page.html`;
  const about = { engine: values.engine, browser: browser.version, rounds, ...circumstances() };
  try {
    await (values.growth ? growth(browser, url, about) : store(browser, url, about, CASES.filter(({ id }) => wanted.includes(id))));
  } finally {
    await browser.close();
    server.stop();
  }
}

/**
 * @param {import("./engines/engine.mjs").Browser} browser
 * @param {string} url
 * @param {{engine: string, browser: string, rounds: number}} about
 * @param {readonly import("./store/cases.js").Case[]} cases
 */
async function store(browser, url, about, cases) {
  const samples = await measure(browser, url, { cases, rounds: about.rounds, tell });
  const results = compare(cases, samples);
  print(ratioTable(results, about));
  // A part of the cases, or too few rounds, are for trying something out: they replace no result.
  if (values.only === undefined && about.rounds >= LEAST_ROUNDS) {
    await save(`store-${about.engine}`, { ...about, cases: results }, ratioChart(results, about));
  }
}

/**
 * @param {import("./engines/engine.mjs").Browser} browser
 * @param {string} url
 * @param {{engine: string, browser: string, rounds: number}} about
 */
async function growth(browser, url, about) {
  const sizes = [1_000, 10_000, 100_000, ...(values.million ? [1_000_000] : [])];
  const results = await grow(browser, url, { sizes, rounds: about.rounds, tell });
  print(growthTable(results, about));
  await save(`store-growth-${about.engine}`, { ...about, sizes: results }, growthChart(results, about));
}

/**
 * @param {() => Promise<import("./engines/engine.mjs").Browser>} start
 * @param {string} url
 * @param {readonly string[]} cases
 * @param {number} rounds
 */
async function sync(start, url, cases, rounds) {
  const { version, results } = await measureSync(start, url, { cases, rounds, tell });
  const about = { engine: values.engine, browser: version, rounds, ...circumstances() };
  print(syncTable(results, about));
  if (values.only === undefined && rounds >= LEAST_ROUNDS) {
    await save(`sync-${about.engine}`, { ...about, cases: results }, syncChart(results, about));
  }
}

/** @param {number} rounds */
async function wake(rounds) {
  const program = process.env.SYNCLINE_CHROMIUM ?? "chromium";
  const options = { program, pkg: values.package, wakes: rounds * WAKES, tell };
  const published = await measureWake({ ...options, isBundled: false });
  const bundled = await measureWake({ ...options, isBundled: true });
  const { date, machine } = circumstances();
  print([`${published.version}, ${machine}, ${date}; ${options.wakes} wakes of each kind, a module of ${published.bytes} bytes`, ""]);
  print(wakeTable([published.samples, bundled.samples]));
}

/**
 * @param {string} name
 * @param {object} results
 * @param {string} chart
 */
async function save(name, results, chart) {
  const path = join(values.results, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.json`, `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(`${path}.svg`, chart);
  print([``, `Written: ${relative(process.cwd(), path)}.json and .svg`]);
}

/** What the numbers were taken on. */
function circumstances() {
  const sample = documents(COUNT);
  const bytes = Math.round(JSON.stringify(sample).length / COUNT);
  const [first] = cpus();
  const machine = `${cpus().length} cores, ${first?.model.trim() ?? "unknown"}, ${process.platform}`;
  return { date: new Date().toISOString().slice(0, 10), machine, documents: { count: COUNT, bytes } };
}

/** @param {readonly string[]} lines */
function print(lines) {
  console.log(lines.join("\n"));
}

/** @param {string} line how far it is */
function tell(line) {
  console.error(line);
}
