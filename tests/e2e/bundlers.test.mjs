// @ts-check
// The packed package under each bundler and under none, run in Chromium; and that bundlers leave out what is not used.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after } from "node:test";

import { chromium } from "playwright-core";
import { createServer } from "vite";

import { bundlers } from "./support/bundlers.mjs";
import { CHROMIUM } from "./support/places.mjs";
import { makeProject } from "./support/project.mjs";
import { stopServiceWorkers } from "./support/service-workers.mjs";
import { startSite } from "./support/site.mjs";
import { ARGUMENTS } from "./support/stage.mjs";
import { test } from "./support/until.mjs";

const [browser, project] = await Promise.all([chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS }), makeProject()]);
const site = await startSite(project.folder);
after(() => Promise.allSettled([browser.close(), site.end(), project.end()]));

const manifest = JSON.parse(await readFile(project.file("node_modules/syncline/package.json"), "utf8"));

const guide = await readFile(new URL("../../docs/guide/bundlers.md", import.meta.url), "utf8");
/**
 * The one block of the guide in a language.
 * @param {string} language
 */
function shown(language) {
  const [block, ...others] = [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, code = ""]) => code);
  assert.deepEqual([typeof block, others], ["string", []], `the guide shows one block of ${language}`);
  return block ?? "";
}

/**
 * An app that writes, reads, shows the element, and says so.
 * @param {string} opening of the database
 */
const app = (opening) => `
  ${opening}
  import { version } from "syncline";
  import "syncline/element/define";
  await db.collection("todos").put({ id: "milk", title: "Milk" });
  const status = document.createElement("sync-status");
  status.client = db;
  document.body.append(status);
  document.body.dataset.result = JSON.stringify([version, await db.collection("todos").list(), status.getAttribute("state")]);
`;
const page = (/** @type {string} */ head) => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>An app</title>${head}<body></body>`;
const RESULT = [manifest.version, [{ id: "milk", title: "Milk" }], "disabled"];

await project.write("app.js", app('import { open } from "syncline"; const db = await open({ name: "my-app", collections: { todos: {} } });'));
// esbuild copies no file that code names by `new URL`; asked for as a module, it does.
await project.write("app-esbuild.js", app(shown("js")));

/**
 * Opens a page and gives what its app came to, with the addresses of the modules of WebAssembly that it loaded.
 * @param {import("node:test").TestContext} t
 * @param {string} url
 */
async function resultOf(t, url) {
  const profile = await browser.newContext();
  t.after(() => profile.close());
  const tab = await profile.newPage();
  /** @type {string[]} */
  const modules = [];
  /** @type {string[]} */
  const problems = [];
  tab.on("response", (response) => { if (new URL(response.url()).pathname.endsWith(".wasm")) modules.push(new URL(response.url()).pathname); });
  tab.on("pageerror", (error) => problems.push(String(error)));
  await tab.goto(url);
  await tab.waitForFunction("document.body?.dataset.result").catch((late) => assert.fail(`${late}\n${problems.join("\n")}`));
  assert.deepEqual(problems, []);
  return { result: JSON.parse(await tab.evaluate(() => document.body.dataset.result ?? "")), modules };
}

/**
 * The app, built once.
 * @type {Map<string, Promise<unknown>>}
 */
const apps = new Map();
/** @param {keyof typeof bundlers} name */
function appOf(name) {
  const made = apps.get(name) ?? bundlers[name]({ folder: project.folder, entry: project.file(name === "esbuild" ? "app-esbuild.js" : "app.js"), out: project.file(name) });
  apps.set(name, made);
  return made;
}

const NAMES = /** @type {(keyof typeof bundlers)[]} */ (Object.keys(bundlers));

for (const name of NAMES) {
  test(`an app built with ${name} runs, with the module that was copied beside it`, async (t) => {
    await appOf(name);
    await project.write(`${name}/index.html`, page('<script type="module" src="main.js"></script>'));
    const { result, modules } = await resultOf(t, `${site.url}/${name}/index.html`);
    assert.deepEqual(result, RESULT);
    assert.equal(modules.length, 1);
    assert.match(modules[0] ?? "", new RegExp(`^/${name}/`));
  });
}

/**
 * A service worker that writes what it is told and says all that is there.
 * @param {string} wasm
 */
const worker = (wasm) => `
  ${wasm && 'import wasm from "syncline/wasm";'}
  import { serviceWorker } from "syncline/service-worker";
  const worker = serviceWorker({ name: "in-worker", collections: { todos: {} }, ${wasm} });
  addEventListener("message", (event) => event.waitUntil(worker.use(async (db) => {
    await db.collection("todos").put({ id: event.data });
    event.ports[0].postMessage((await db.collection("todos").list()).map(({ id }) => id));
  })));
`;

for (const name of NAMES) {
  test(`a service worker built with ${name} keeps its module, and starts without a network`, async (t) => {
    // As above: esbuild copies what is imported.
    const entry = await project.write(`worker-${name}.js`, worker(name === "esbuild" ? "wasm" : ""));
    await bundlers[name]({ folder: project.folder, entry, out: project.file(`${name}-worker`) });
    await project.write(`${name}-worker/index.html`, page(""));
    const profile = await browser.newContext();
    t.after(() => profile.close());
    const tab = await profile.newPage();
    await tab.goto(`${site.url}/${name}-worker/index.html`);
    const tell = (/** @type {string} */ id) => tab.evaluate(async (id) => {
      const { active } = await navigator.serviceWorker.ready;
      const { port1, port2 } = new MessageChannel();
      const answered = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data); });
      active?.postMessage(id, [port2]);
      return answered;
    }, id);
    await tab.evaluate(() => navigator.serviceWorker.register("main.js", { type: "module" }));
    assert.deepEqual(await tell("a"), ["a"]);
    await profile.setOffline(true);
    await stopServiceWorkers(tab);
    assert.deepEqual(await tell("b"), ["a", "b"]);
    const kept = await tab.evaluate(async () => (await Promise.all((await caches.keys()).map(async (key) => (await (await caches.open(key)).keys()).map(({ url }) => new URL(url).pathname)))).flat());
    assert.deepEqual(kept.map((path) => path.startsWith(`/${name}-worker/`) && path.endsWith(".wasm")), [true], kept.join());
  });
}

test("an app runs from Vite's server while it is developed", async (t) => {
  await project.write("index.html", page('<script type="module" src="/app.js"></script>'));
  const server = await createServer({
    root: project.folder,
    configFile: false,
    logLevel: "error",
    // What Vite bundles ahead of time is moved away from the file beside it.
    optimizeDeps: { exclude: ["syncline"], noDiscovery: true },
    server: { host: "127.0.0.1", port: 0, hmr: false, ws: false, watch: null },
  });
  t.after(() => server.close());
  await server.listen();
  const { result, modules } = await resultOf(t, server.resolvedUrls?.local[0] ?? "");
  assert.deepEqual(result, RESULT);
  assert.deepEqual(modules, ["/node_modules/syncline/wasm/core_bg.wasm"]);
});

test("an app runs without a bundler, by an import map", async (t) => {
  await project.write("none/index.html", page(`${shown("html")}<script type="module" src="/app.js"></script>`));
  const { result, modules } = await resultOf(t, `${site.url}/none/index.html`);
  assert.deepEqual(result, RESULT);
  assert.deepEqual(modules, ["/node_modules/syncline/wasm/core_bg.wasm"]);
});

/** Texts that are in what is made when a part of the package is in it. */
const MARKS = { core: "core_bg", database: "could not be loaded", inspector: "sync-inspector-ok", status: "sync-status-width" };

for (const name of NAMES) {
  /**
   * What is made of a line, and which parts of the package are in it.
   * @param {string} label
   * @param {string} line
   */
  const made = async (label, line) => {
    const entry = await project.write(`shaken/${label}.js`, line);
    await bundlers[name]({ folder: project.folder, entry, out: project.file(`shaken/${name}-${label}`), external: ["react"] });
    const text = await readFile(project.file(`shaken/${name}-${label}/main.js`), "utf8");
    const parts = Object.entries(MARKS).filter(([, mark]) => text.includes(mark)).map(([part]) => part);
    return { size: text.length, parts };
  };

  test(`${name} leaves out what an app does not use`, async () => {
    const version = await made("version", 'export { version } from "syncline";');
    assert.deepEqual(version.parts, []);
    assert.ok(version.size < 1000, `${version.size} bytes for the version`);
    const status = await made("react", 'export { useSyncStatus } from "syncline/react";');
    assert.deepEqual(status.parts, []);
    assert.ok(status.size < 3000, `${status.size} bytes for a hook`);
    const client = await made("client", 'export { connect } from "syncline/client";');
    assert.deepEqual(client.parts, []);
    const element = await made("element", 'export { SyncStatusElement } from "syncline/element";');
    assert.deepEqual(element.parts, ["status"]);
    assert.deepEqual((await made("nothing", 'import "syncline/element"; export const one = 1;')).parts, []);
    assert.deepEqual((await made("define", 'import "syncline/element/define";')).parts, ["inspector", "status"], "a side effect is kept");
    await appOf(name);
    const all = await readFile(project.file(`${name}/main.js`), "utf8");
    for (const [part, mark] of Object.entries(MARKS)) assert.ok(all.includes(mark), `this test can see ${part}`);
  });
}
