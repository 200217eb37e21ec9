// @ts-check
// The examples for React, Svelte, Vue and signals, each built as its users build it and run in Chromium.

import assert from "node:assert/strict";
import { cp, readFile } from "node:fs/promises";
import path from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";
import { compile } from "svelte/compiler";
import { build } from "vite";

import { CHROMIUM } from "./support/places.mjs";
import { makeProject } from "./support/project.mjs";
import { startSite } from "./support/site.mjs";
import { ARGUMENTS } from "./support/stage.mjs";
import { test, untilEqual } from "./support/until.mjs";

const EXAMPLES = fileURLToPath(new URL("../../docs/examples", import.meta.url));

const [browser, project] = await Promise.all([
  chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS }),
  makeProject("react", "react-dom", "scheduler", "svelte", "vue", "@preact/signals-core"),
]);
const site = await startSite(project.folder);
after(() => Promise.allSettled([browser.close(), site.end(), project.end()]));
await cp(EXAMPLES, project.file("examples"), { recursive: true });

/** What `@sveltejs/vite-plugin-svelte` does to components. */
const svelte = {
  name: "svelte",
  /**
   * @param {string} code
   * @param {string} id
   */
  transform(code, id) {
    return id.endsWith(".svelte") ? { ...compile(code, { filename: id, generate: "client" }).js, moduleType: "js" } : null;
  },
};

/** @param {string} name */
async function built(name) {
  await build({
    root: project.folder,
    configFile: false,
    logLevel: "error",
    base: "./",
    plugins: [/** @type {import("vite").Plugin} */ (svelte)],
    build: { outDir: project.file(`out/${name}`), modulePreload: false, rolldownOptions: { input: project.file(`examples/${name}.js`), output: { entryFileNames: "main.js" } } },
  });
  await project.write(`out/${name}/index.html`, '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body></body><script type="module" src="main.js"></script>');
  return `${site.url}/out/${name}/index.html`;
}

for (const name of ["react", "svelte", "vue", "signals"]) {
  test(`the example for ${name} adds, edits, hears of others' edits, and shows the status`, async (t) => {
    const url = await built(name);
    const profile = await browser.newContext();
    t.after(() => profile.close());
    const [page, other] = await Promise.all([profile.newPage(), profile.newPage()]);
    /** @type {string[]} */
    const problems = [];
    for (const tab of [page, other]) {
      tab.on("pageerror", (error) => problems.push(String(error)));
      tab.on("console", (message) => { if (["error", "warning"].includes(message.type())) problems.push(message.text()); });
      await tab.goto(url);
    }
    for (const title of ["Milk", "Bread"]) {
      await page.getByLabel("New todo").fill(title);
      await page.keyboard.press("Enter");
      await page.getByText(title).waitFor();
    }
    const titles = (/** @type {import("playwright-core").Page} */ tab) => tab.locator("li").allTextContents();
    await untilEqual(() => titles(page), ["Bread", "Milk"]);
    await untilEqual(() => titles(other), ["Bread", "Milk"]);
    await untilEqual(() => page.getByTestId("left").textContent(), "2 left, 2 to sync");
    await page.getByLabel("Milk").click();
    for (const tab of [page, other]) {
      await untilEqual(() => tab.getByTestId("left").textContent(), "1 left, 2 to sync");
      await untilEqual(() => tab.getByLabel("Milk").isChecked(), true);
    }
    await page.reload();
    await untilEqual(() => titles(page), ["Bread", "Milk"]);
    assert.deepEqual(problems, []);
  });
}

test("what the guide shows for each framework is in its example", async () => {
  const guide = await readFile(new URL("../../docs/guide/frameworks.md", import.meta.url), "utf8");
  const blocks = [...guide.matchAll(/^```(?:js|svelte)\n(.*?)^```$/gms)].map(([, code = ""]) => code);
  assert.equal(blocks.length, 3);
  const examples = await Promise.all(["Todos.svelte", "vue.js", "signals.js"].map((name) => readFile(path.join(EXAMPLES, name), "utf8")));
  blocks.forEach((block, place) => assert.ok(examples[place]?.includes(block), block));
});

test("the examples use what the package exports and nothing else of it", async () => {
  const { exports } = JSON.parse(await readFile(project.file("node_modules/syncline/package.json"), "utf8"));
  for (const name of ["database.js", "react.js", "Todos.svelte", "vue.js", "signals.js"]) {
    const text = await readFile(path.join(EXAMPLES, name), "utf8");
    for (const [, entry = ""] of text.matchAll(/from "syncline([^"]*)"/g)) assert.ok(`.${entry}` in exports, `${name}: syncline${entry}`);
  }
});
