// @ts-check
// The demo as a visitor meets it: without an account, with one, on a second device, without a network.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { after } from "node:test";

import { addTodo, assertFits, assertNoErrors, fillSignIn, goTo, openDemo, picture, shownState, signIn, todo } from "./support/demo.mjs";
import { WWW } from "./support/places.mjs";
import { stopServiceWorkers } from "./support/service-workers.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** @typedef {import("node:test").TestContext} TestContext */
/** @typedef {import("playwright-core").Page} Page */

/**
 * The demo in a new profile.
 * @param {TestContext} t
 */
async function visitor(t) {
  return openDemo(await stage.profile(t), stage.server.url);
}

function someone() {
  return { email: `${randomUUID()}@example.org`, password: randomUUID() };
}

/**
 * The demo in two profiles of one user.
 * @param {TestContext} t
 */
async function twoDevices(t) {
  const [a, b] = await Promise.all([visitor(t), visitor(t)]);
  const credentials = someone();
  await signIn(a, "register", credentials);
  await signIn(b, "login", credentials);
  return { a, b, credentials };
}

/** @param {Page} page */
async function synced(page) {
  await untilEqual(() => shownState(page), "synced");
}

/** @param {Page} page */
async function controlled(page) {
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
}

test("a first visit works without an account, and its todos are there after a reload", async (t) => {
  const page = await visitor(t);
  assert.equal(await shownState(page), "disabled");
  await page.getByTestId("todos-empty").waitFor();
  await picture(page, "todos-empty");
  await addTodo(page, "Milk");
  await todo(page, "Milk").getByTestId("todo-toggle").check();
  await untilEqual(() => page.getByTestId("todos-count").textContent(), "0 open");
  await page.reload();
  await untilEqual(() => todo(page, "Milk").getByTestId("todo-toggle").isChecked(), true);
  assertNoErrors(page);
});

test("a new account takes along what is on the device, and a second device that logs in sees it", async (t) => {
  const [a, b] = await Promise.all([visitor(t), visitor(t)]);
  await addTodo(a, "Milk");
  await goTo(a, "habits");
  await a.getByTestId("habit-input").fill("Read");
  await a.getByTestId("habit-add").click();
  await a.getByTestId("habit").locator("input:enabled").last().check();
  await goTo(a, "links");
  await a.getByTestId("link-title").fill("Example");
  await a.getByTestId("link-url").fill("example.org/path");
  await a.getByTestId("link-add").click();
  const credentials = someone();
  await signIn(a, "register", credentials);
  await synced(a);

  await signIn(b, "login", credentials);
  await todo(b, "Milk").waitFor();
  await goTo(b, "habits");
  await untilEqual(() => b.getByTestId("habit").getByTestId("habit-name").allTextContents(), ["Read"]);
  await untilEqual(() => b.getByTestId("habit-streak").textContent(), "1");
  await goTo(b, "links");
  assert.equal(await b.getByTestId("link-open").getAttribute("href"), "https://example.org/path");
  await goTo(b, "settings");
  assert.equal(await b.getByTestId("account-email").textContent(), credentials.email);
  assertNoErrors(a, b);
});

test("edits, check marks and deletions of todos show on the other device as they are made", async (t) => {
  const { a, b } = await twoDevices(t);
  await addTodo(a, "Milk");
  await addTodo(a, "Bread");
  await todo(b, "Milk").getByTestId("todo-toggle").check();
  await untilEqual(() => todo(a, "Milk").getByTestId("todo-toggle").isChecked(), true);
  await todo(a, "Bread").getByTestId("todo-edit").click();
  await a.getByTestId("todo-edit-title").fill("Rye bread");
  await a.keyboard.press("Enter");
  await todo(b, "Rye bread").waitFor();
  await todo(b, "Milk").getByTestId("todo-delete").click();
  await todo(a, "Milk").waitFor({ state: "detached" });
  assertNoErrors(a, b);
});

test("the imported films, thousands of them, show on the other device", async (t) => {
  const { a, b } = await twoDevices(t);
  await Promise.all([goTo(a, "library"), goTo(b, "library")]);
  await a.getByTestId("import-movies").click();
  await untilEqual(() => a.getByTestId("movies-count").textContent(), "3,201 films");
  await untilEqual(() => b.getByTestId("movies-count").textContent(), "3,201 films");
  await b.getByTestId("movie-search").fill("kurosawa");
  await until("the search has found some", async () => /^\d+ of 3,201$/.test(await b.getByTestId("movies-count").textContent() ?? ""));
  await b.getByTestId("movie").first().waitFor();
  assertNoErrors(a, b);
});

test("Sync now says what it did", async (t) => {
  const page = await visitor(t);
  await signIn(page, "register", someone());
  await goTo(page, "settings");
  await page.getByTestId("sync-now").click();
  await until("there is a report", async () => /Everything was up to date · \d/.test(await page.getByTestId("sync-report").textContent() ?? ""));
  assertNoErrors(page);
});

test("a collection whose sync is off stays on the device until it is on", async (t) => {
  const { a, b } = await twoDevices(t);
  await goTo(a, "settings");
  await a.getByTestId("sync-links").uncheck();
  await goTo(a, "links");
  await a.getByTestId("link-url").fill("example.org");
  await a.getByTestId("link-add").click();
  await a.getByTestId("link").waitFor();
  await goTo(a, "todos");
  await addTodo(a, "Milk");
  await todo(b, "Milk").waitFor();
  await goTo(b, "links");
  assert.equal(await b.getByTestId("link").count(), 0);
  await goTo(a, "settings");
  await untilEqual(() => a.getByTestId("pending-links").textContent(), "1 waiting");
  await a.getByTestId("sync-links").check();
  await b.getByTestId("link").waitFor();
  await untilEqual(() => a.getByTestId("pending-links").textContent(), "");
  assertNoErrors(a, b);
});

test("after a reload without a network the data is there and edits are taken, and travel later", async (t) => {
  const { a, b } = await twoDevices(t);
  await addTodo(a, "Milk");
  await synced(a);
  await controlled(a);
  // A worker that is started anew has nothing but what it kept.
  await a.context().setOffline(true);
  await stopServiceWorkers(a);
  await a.reload();
  await todo(a, "Milk").waitFor();
  await addTodo(a, "Bread");
  await untilEqual(() => shownState(a), "offline");
  await goTo(a, "settings");
  await untilEqual(() => a.getByTestId("pending-count").textContent(), "1");
  await picture(a, "settings-offline");
  assert.equal(await todo(b, "Bread").count(), 0);
  await a.context().setOffline(false);
  await todo(b, "Bread").waitFor();
  await synced(a);
});

test("what was added without a network goes out once there is one, with the demo closed", async (t) => {
  const { a, b } = await twoDevices(t);
  await controlled(a);
  await a.context().setOffline(true);
  await addTodo(a, "Milk");
  await untilEqual(() => shownState(a), "offline");
  const tags = () => a.evaluate(async () => /** @type {any} */ (await navigator.serviceWorker.ready).sync.getTags());
  await untilEqual(tags, ["syncline"]);
  const profile = a.context();
  await profile.newPage();
  await a.close();
  await profile.setOffline(false);
  await todo(b, "Milk").waitFor();
});

test("every view opens without a network, and so does the lab", async (t) => {
  const page = await visitor(t);
  await controlled(page);
  await page.context().setOffline(true);
  for (const view of ["todos", "habits", "links", "library", "settings"]) {
    await page.goto(`${stage.server.url}/#/${view}`);
    await page.reload();
    await page.getByTestId(`view-${view}`).waitFor();
  }
  await page.goto(`${stage.server.url}/lab/`);
  await page.getByTestId("both-edit").waitFor();
});

test("the service worker keeps every file that the demo and the lab are made of", async () => {
  const kept = await readFile(path.join(WWW, "sw.js"), "utf8");
  const files = await Promise.all(["css", "js", "lab"].map(async (folder) => {
    const found = await readdir(path.join(WWW, folder), { recursive: true });
    return found.map((file) => `/${folder}/${file}`);
  }));
  const needed = files.flat().filter((file) => /\.(css|html|js|wasm)$/.test(file) && file !== "/lab/index.html");
  assert.ok(needed.length > 40, String(needed.length));
  assert.deepEqual(needed.filter((file) => !kept.includes(`"${file}"`)), []);
});

test("a token that ran out is refreshed once, and the user notices nothing", async (t) => {
  const page = await visitor(t);
  const credentials = someone();
  await signIn(page, "register", credentials);
  await synced(page);
  let refreshes = 0;
  page.on("request", (request) => { if (request.url().endsWith("/v1/auth/refresh")) refreshes += 1; });
  await page.evaluate(() => {
    const key = Object.keys(localStorage).find((key) => key.startsWith("syncline:session:")) ?? "";
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key) ?? ""), token: "ran-out" }));
  });
  await page.reload();
  await addTodo(page, "Milk");
  await synced(page);
  assert.equal(refreshes, 1);
});

test("a session that the server has ended shows as signed out, keeps everything, and signing in again sends it", async (t) => {
  const { a, b, credentials } = await twoDevices(t);
  await a.evaluate(() => {
    const key = Object.keys(localStorage).find((key) => key.startsWith("syncline:session:")) ?? "";
    localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key) ?? ""), token: "ran-out", refresh: "ended" }));
  });
  await a.reload();
  await untilEqual(() => shownState(a), "signed-out");
  await addTodo(a, "Milk");
  await a.reload();
  await todo(a, "Milk").waitFor();
  await signIn(a, "login", credentials);
  await todo(b, "Milk").waitFor();
});

test("a wrong password and an address that is taken are said in words", async (t) => {
  const page = await visitor(t);
  const credentials = someone();
  await signIn(await visitor(t), "register", credentials);
  await page.getByTestId("account").click();
  await fillSignIn(page, "register", credentials);
  await untilEqual(() => page.getByTestId("sign-in-problem").textContent(), "There is an account for this address already.");
  await fillSignIn(page, "login", { ...credentials, password: "not the password" });
  await untilEqual(() => page.getByTestId("sign-in-problem").textContent(), "The email or the password is wrong.");
});

test("signing out takes the data off the device, and logging in brings it back", async (t) => {
  const page = await visitor(t);
  const credentials = someone();
  await signIn(page, "register", credentials);
  await addTodo(page, "Milk");
  await synced(page);
  await goTo(page, "settings");
  await page.getByTestId("sign-out").click();
  await page.getByTestId("settings-sign-in").waitFor();
  await goTo(page, "todos");
  assert.equal(await todo(page, "Milk").count(), 0);
  await signIn(page, "login", credentials);
  await todo(page, "Milk").waitFor();
  assertNoErrors(page);
});

test("signing out in one tab signs the other out, and what is added there is nobody's", async (t) => {
  const first = await visitor(t);
  await signIn(first, "register", someone());
  await addTodo(first, "Milk");
  await synced(first);
  const second = await openDemo(first.context(), stage.server.url);
  await todo(second, "Milk").waitFor();
  await goTo(first, "settings");
  await first.getByTestId("sign-out").click();
  await first.getByTestId("settings-sign-in").waitFor();
  await todo(second, "Milk").waitFor({ state: "detached" });
  await untilEqual(() => shownState(second), "disabled");
  await addTodo(second, "Bread");
  await goTo(first, "todos");
  await todo(first, "Bread").waitFor();
  assertNoErrors(first, second);
});

test("two tabs of the demo show the same, whichever of them syncs", async (t) => {
  const first = await visitor(t);
  await signIn(first, "register", someone());
  const second = await openDemo(first.context(), stage.server.url);
  await addTodo(second, "Milk");
  await todo(first, "Milk").waitFor();
  await first.close();
  await addTodo(second, "Bread");
  await synced(second);
  assertNoErrors(second);
});

test("every view fits narrow and wide screens, in light and dark", async (t) => {
  const page = await visitor(t);
  await addTodo(page, "Water the plants");
  await addTodo(page, "A todo whose title is much longer than any telephone is wide, so that it has to go somewhere");
  await todo(page, "Water the plants").getByTestId("todo-toggle").check();
  await goTo(page, "habits");
  await page.getByTestId("habit-input").fill("Read a chapter");
  await page.getByTestId("habit-add").click();
  await page.getByTestId("habit").locator("input:enabled").last().check();
  await goTo(page, "links");
  for (const url of ["example.org", "wikipedia.org", "news.example.com"]) {
    await page.getByTestId("link-url").fill(url);
    await page.getByTestId("link-add").click();
    await page.getByTestId("link").filter({ hasText: url }).waitFor();
  }
  await goTo(page, "library");
  await page.getByTestId("import-movies").click();
  await page.getByTestId("movie").first().waitFor();
  for (const view of ["todos", "habits", "links", "library", "settings"]) {
    await goTo(page, view);
    await assertFits(page, view);
  }
  await page.getByTestId("settings-sign-in").click();
  await assertFits(page, "sign-in");
  assertNoErrors(page);
});
