// @ts-check
// The hooks of `syncline/react` with React itself, in Chromium and on a server: what is subscribed when, and what is seen.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { chromium } from "playwright-core";

import { liveOf, queryKey } from "../../pkg/react/shared-live.js";
import { bundlers } from "./support/bundlers.mjs";
import { CHROMIUM } from "./support/places.mjs";
import { makeProject } from "./support/project.mjs";
import { startSite } from "./support/site.mjs";
import { ARGUMENTS } from "./support/stage.mjs";
import { test, untilEqual } from "./support/until.mjs";

const [browser, project] = await Promise.all([
  chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS }),
  makeProject("react", "react-dom", "scheduler"),
]);
const site = await startSite(project.folder);
after(() => Promise.allSettled([browser.close(), site.end(), project.end()]));
await cp(fileURLToPath(new URL("fixtures/hooks", import.meta.url)), project.file("hooks"), { recursive: true });
await bundlers.vite({ folder: project.folder, entry: project.file("hooks/page.js"), out: project.file("out"), mode: "development" });
await project.write("out/index.html", '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body></body><script type="module" src="main.js"></script>');

/**
 * A page with the hooks. `run` runs a function in it that is given them; `problems` is what React and the page complained of.
 * @param {import("node:test").TestContext} t
 */
async function hooked(t) {
  const profile = await browser.newContext();
  t.after(() => profile.close());
  const page = await profile.newPage();
  /** @type {string[]} */
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) problems.push(message.text()); });
  await page.goto(`${site.url}/out/index.html`);
  await page.waitForFunction("window.hooks");
  return {
    problems,
    text: () => page.locator("div").first().textContent(),
    /**
     * @template T, A
     * @param {(hooks: any, arg: A) => T | Promise<T>} work
     * @param {A} [arg]
     * @returns {Promise<T>}
     */
    run: (work, arg) => page.evaluate(([text, arg]) => (0, eval)(`(${text})`)(/** @type {any} */ (window).hooks, arg), [String(work), arg]),
  };
}

test("queries that say the same are one, whatever order they are written in, and no others are", () => {
  const one = queryKey({ where: { a: 1, b: { gt: 2, lt: 3 } }, orderBy: ["a", "b"], limit: undefined });
  assert.equal(queryKey({ orderBy: ["a", "b"], where: { b: { lt: 3, gt: 2 }, a: 1 } }), one);
  assert.equal(queryKey(undefined), queryKey({}));
  assert.notEqual(queryKey({ orderBy: ["a", "b"] }), queryKey({ orderBy: ["b", "a"] }));
  assert.notEqual(queryKey({ where: { a: 1 } }), queryKey({ where: { a: "1" } }));
});

test("answers that nobody listens to are kept for a while and then let go, those that somebody hears never", () => {
  let made = 0;
  const collection = /** @type {any} */ ({ live: () => ({ current: [(made += 1)], subscribe: () => () => {} }) });
  const heard = liveOf(collection, queryKey({ limit: 0 }));
  const stop = heard.subscribe(() => {});
  const recent = liveOf(collection, queryKey({ limit: 1 }));
  assert.equal(liveOf(collection, queryKey({ limit: 1 })), recent);
  for (let limit = 2; limit < 100; limit += 1) liveOf(collection, queryKey({ limit }));
  assert.equal(liveOf(collection, queryKey({ limit: 0 })), heard);
  assert.notEqual(liveOf(collection, queryKey({ limit: 1 })), recent);
  stop();
  for (let limit = 100; limit < 200; limit += 1) liveOf(collection, queryKey({ limit }));
  assert.notEqual(liveOf(collection, queryKey({ limit: 0 })), heard);
});

test("the development build of React is what these tests run", async (t) => {
  const { run } = await hooked(t);
  // Only that one mounts twice in StrictMode.
  const effects = await run(({ h, StrictMode, createRoot, element, useSyncStatus, db }) => {
    let subscribed = 0;
    const counted = { get status() { return db.status; }, subscribe(/** @type {any} */ listener) { subscribed += 1; return db.subscribe(listener); } };
    const App = () => h("p", null, useSyncStatus(counted).state);
    createRoot(element).render(h(StrictMode, null, h(App)));
    return new Promise((resolve) => { setTimeout(() => resolve(subscribed), 200); });
  });
  assert.equal(effects, 2);
});

test("a query that is written anew at each render is subscribed once, and its answer is the same array", async (t) => {
  const { run, text, problems } = await hooked(t);
  await run(({ h, createRoot, element, useQuery, todos }) => {
    const seen = new Set();
    let renders = 0;
    const App = () => {
      const docs = useQuery(todos, { where: { done: false, title: { ne: "x" } }, orderBy: ["title"] });
      renders += 1;
      seen.add(docs);
      return h("p", null, docs ? docs.map((/** @type {any} */ doc) => doc.title).join() : "loading");
    };
    const root = createRoot(element);
    const draw = () => root.render(h(App));
    draw();
    Object.assign(window, { draw, seen, renders: () => renders });
  });
  await untilEqual(text, "");
  await run(async ({ todos }) => { await todos.put({ id: "milk", title: "Milk", done: false }); });
  await untilEqual(text, "Milk");
  const [made, subscriptions, answers, renders] = await run(async ({ counted, flushSync }) => {
    const { draw, seen, renders } = /** @type {any} */ (window);
    for (let times = 0; times < 5; times += 1) flushSync(draw);
    return [counted.made, counted.subscriptions, seen.size, renders()];
  });
  assert.deepEqual([made, subscriptions], [1, 1]);
  assert.equal(answers, 3, "undefined, nothing, and milk: no array twice");
  assert.ok(renders >= 8);
  await run(async ({ todos }) => { await todos.put({ id: "done", title: "Done", done: true }); });
  assert.equal(await run(() => /** @type {any} */ (window).renders()), renders, "what does not change the answer draws nothing");
  assert.deepEqual(problems, []);
});

test("StrictMode and unmounting leave no listener behind, and coming back shows the last answer at once", async (t) => {
  const { run, text, problems } = await hooked(t);
  await run(async ({ h, StrictMode, createRoot, element, useQuery, useDocument, todos }) => {
    await todos.put({ id: "milk", title: "Milk" });
    const List = () => h("i", null, useQuery(todos, {})?.map((/** @type {any} */ doc) => doc.title).join() ?? "loading");
    const One = () => h("b", null, useDocument(todos, "milk")?.title ?? "loading");
    const App = (/** @type {any} */ { isShown }) => h(StrictMode, null, isShown ? [h(List, { key: 1 }), h(List, { key: 2 }), h(One, { key: 3 })] : "gone");
    const root = createRoot(element);
    Object.assign(window, { draw: (/** @type {boolean} */ isShown) => root.render(h(App, { isShown })) });
    /** @type {any} */ (window).draw(true);
  });
  await untilEqual(text, "MilkMilkMilk");
  assert.deepEqual(await run(({ counted }) => [counted.made, counted.heard]), [2, 3], "two lists share one live query");
  await run(() => /** @type {any} */ (window).draw(false));
  await untilEqual(text, "gone");
  assert.equal(await run(({ counted }) => counted.heard), 0);
  const back = await run(({ flushSync, element, counted }) => {
    flushSync(() => /** @type {any} */ (window).draw(true));
    return [element.textContent, counted.made];
  });
  assert.deepEqual(back, ["MilkMilkMilk", 2]);
  await run(({ todos }) => todos.update("milk", { title: "Oat milk" }).then(() => {}));
  await untilEqual(text, "Oat milkOat milkOat milk");
  assert.deepEqual(problems, []);
});

test("a component that suspends, also before it was ever shown, makes no second live query and shows the answer", async (t) => {
  const { run, text, problems } = await hooked(t);
  await run(async ({ h, Suspense, use, createRoot, element, useQuery, todos }) => {
    await todos.put({ id: "milk", title: "Milk" });
    /** @type {(value: string) => void} */
    let resolve = () => {};
    const waited = new Promise((done) => { resolve = done; });
    const App = () => {
      const docs = useQuery(todos, { where: { title: "Milk" } });
      return h("p", null, `${use(waited)} ${docs?.length ?? "loading"}`);
    };
    createRoot(element).render(h(Suspense, { fallback: "waiting" }, h(App)));
    Object.assign(window, { resolve });
  });
  await untilEqual(text, "waiting");
  await run(() => /** @type {any} */ (window).resolve("ready"));
  await untilEqual(text, "ready 1");
  assert.deepEqual(await run(({ counted }) => [counted.made, counted.heard]), [1, 1]);
  assert.deepEqual(problems, []);
});

test("no render shows two answers of one query at once, however writes fall into a slow transition", async (t) => {
  const { run, problems } = await hooked(t);
  const torn = await run(async ({ h, createRoot, element, startTransition, useQuery, todos }) => {
    const torn = new Set();
    const Part = () => {
      const until = performance.now() + 2;
      while (performance.now() < until);
      return h("i", null, useQuery(todos, {})?.length ?? 0);
    };
    const App = (/** @type {any} */ { round }) => h("p", { "data-round": round }, ...Array.from({ length: 12 }, () => h(Part)));
    const root = createRoot(element);
    const watch = new MutationObserver(() => {
      const shown = new Set([...element.querySelectorAll("i")].map((part) => part.textContent));
      if (shown.size > 1) torn.add([...shown].join());
    });
    watch.observe(element, { subtree: true, childList: true, characterData: true });
    for (let round = 0; round < 20; round += 1) {
      startTransition(() => root.render(h(App, { round })));
      await todos.put({ title: `Number ${round}` });
      await new Promise((resolve) => setTimeout(resolve));
    }
    while (element.querySelector("p")?.dataset.round !== "19" || element.textContent !== "20".repeat(12)) await new Promise((resolve) => setTimeout(resolve, 5));
    return [...torn];
  });
  assert.deepEqual(torn, []);
  assert.deepEqual(problems, []);
});

test("a document is undefined until read, null where there is none, and follows its id", async (t) => {
  const { run, text, problems } = await hooked(t);
  await run(async ({ h, createRoot, element, useDocument, todos }) => {
    await todos.putAll([{ id: "milk", title: "Milk" }, { id: "bread", title: "Bread" }]);
    const App = (/** @type {any} */ { id }) => {
      const doc = useDocument(todos, id);
      return h("p", null, doc === undefined ? "unread" : doc?.title ?? "none");
    };
    const root = createRoot(element);
    Object.assign(window, { draw: (/** @type {any} */ id) => root.render(h(App, { id })) });
  });
  for (const [id, expected] of /** @type {const} */ ([["milk", "Milk"], ["bread", "Bread"], ["nothing", "none"], [null, "unread"], ["milk", "Milk"]])) {
    await run((_hooks, id) => /** @type {any} */ (window).draw(id), id);
    await untilEqual(text, expected);
  }
  await run(({ todos }) => todos.delete("milk"));
  await untilEqual(text, "none");
  assert.deepEqual(problems, []);
});

test("the status follows, without a database too", async (t) => {
  const { run, text, problems } = await hooked(t);
  await run(({ h, createRoot, element, useSyncStatus, db }) => {
    const App = (/** @type {any} */ { opened }) => {
      const { state, pending } = useSyncStatus(opened);
      return h("p", null, `${state} ${pending}`);
    };
    const root = createRoot(element);
    root.render(h(App, { opened: null }));
    Object.assign(window, { open: () => root.render(h(App, { opened: db })) });
  });
  await untilEqual(text, "disabled 0");
  await run(async ({ todos }) => { await todos.put({ title: "Milk" }); });
  await run(() => /** @type {any} */ (window).open());
  await untilEqual(text, "disabled 1");
  await run(async ({ todos }) => { await todos.put({ title: "Bread" }); });
  await untilEqual(text, "disabled 2");
  assert.deepEqual(problems, []);
});

test("a server renders what a page without a database shows, and the page goes on from it without a complaint", async (t) => {
  const { stdout } = await promisify(execFile)("node", ["hooks/server.js"], { cwd: project.folder });
  assert.equal(stdout, "<p>loading loading disabled</p>");
  const { run, text, problems } = await hooked(t);
  await run(async ({ h, hydrateRoot, element, useQuery, useDocument, useSyncStatus, db, todos }, html) => {
    await todos.put({ id: "milk", title: "Milk", done: false });
    element.innerHTML = html;
    const App = () => {
      const docs = useQuery(todos, { where: { done: false } });
      const doc = useDocument(todos, "milk");
      const { state, pending } = useSyncStatus(db);
      return h("p", null, `${docs === undefined ? "loading" : docs.length} ${doc === undefined ? "loading" : doc?.title} ${state}${pending > 0 ? pending : ""}`);
    };
    hydrateRoot(element, h(App), { onRecoverableError: (/** @type {unknown} */ error) => console.error(String(error)) });
  }, stdout);
  await untilEqual(text, "1 Milk disabled1");
  assert.deepEqual(problems, []);
});
