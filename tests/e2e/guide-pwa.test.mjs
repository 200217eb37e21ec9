// @ts-check
// The PWA that the guide builds, from the guide's own blocks, served and used in Chromium, also without a network.

import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { after } from "node:test";

import { chromium } from "playwright-core";

import { Account } from "./support/account.mjs";
import { commandsOf, filesOf, namelessOf } from "./support/guide.mjs";
import { CHROMIUM } from "./support/places.mjs";
import { makeProject } from "./support/project.mjs";
import { Server } from "./support/server.mjs";
import { startSite } from "./support/site.mjs";
import { ARGUMENTS } from "./support/stage.mjs";
import { test, untilEqual } from "./support/until.mjs";

const CHAPTER = "pwa.md";
const [browser, server, project] = await Promise.all([chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS }), Server.start(), makeProject()]);
const site = await startSite(project.file("app"));
after(() => Promise.allSettled([browser.close(), site.end(), server.end(), project.end()]));

for (const [name, text] of await filesOf(CHAPTER)) {
  await project.write(`app/${name}`, text.replaceAll("http://127.0.0.1:8787", server.url));
}
await cp(project.file("node_modules/syncline"), project.file("app/syncline"), { recursive: true });

test("every block of the chapter is a file or a command that is run here", async () => {
  assert.deepEqual([...(await filesOf(CHAPTER)).keys()], ["index.html", "todos.webmanifest", "database.js", "app.js", "sw.js", "sign-in.js"]);
  assert.deepEqual(await namelessOf(CHAPTER), []);
  // The project is what these do.
  assert.deepEqual(await commandsOf(CHAPTER), ["mkdir todos && cd todos", "npm install syncline", "cp -r node_modules/syncline syncline"]);
});

test("the guide's PWA starts without a network with what was written, and syncs once the user has signed in", async (t) => {
  const profile = await browser.newContext();
  t.after(() => profile.close());
  const account = await Account.register(server.url);
  const page = await profile.newPage();
  const shown = () => page.locator("li").allTextContents();
  const write = async (/** @type {string} */ title) => {
    await page.locator("input").fill(title);
    await page.locator("input").press("Enter");
  };
  await page.goto(`${site.url}/`);
  await write("Milk");
  await untilEqual(shown, ["Milk"]);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

  await profile.setOffline(true);
  await page.reload();
  await untilEqual(shown, ["Milk"]);
  await write("Bread");
  await untilEqual(shown, ["Bread", "Milk"]);
  await profile.setOffline(false);

  await page.evaluate(async ([email, password]) => {
    const { startSync } = await import(new URL("sign-in.js", location.href).href);
    await startSync(email, password);
  }, [account.email, account.password]);
  await page.reload();
  await untilEqual(async () => (await account.records("todos")).map(({ data }) => data.title).sort(), ["Bread", "Milk"]);
  await untilEqual(shown, ["Bread", "Milk"]);
});
