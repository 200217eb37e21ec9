// @ts-check
// The extension's new tab: opting in on the first run, and each of its parts.

import assert from "node:assert/strict";
import { after } from "node:test";

import { dayOf } from "../../www/js/days.js";
import { addTodo, assertFits, assertNoErrors, goTo, openDemo, picture, shownState, signIn } from "./support/demo.mjs";
import { optIn, startExtension } from "./support/extension.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** @typedef {import("playwright-core").Page} Page */

const MINUTE = 60_000;

/** @param {Page} page @param {string} name */
async function addHabit(page, name) {
  await page.getByTestId("habit-unfold").click();
  await page.getByTestId("habit-input").fill(name);
  await page.getByTestId("habit-add").click();
  await page.getByTestId("habit").filter({ hasText: name }).waitFor();
}

/** @param {Page} page @param {string} title @param {string} url */
async function addLink(page, title, url) {
  await page.getByTestId("link-unfold").click();
  await page.getByTestId("link-title").fill(title);
  await page.getByTestId("link-url").fill(url);
  await page.getByTestId("link-add").click();
  await page.getByTestId("link").filter({ hasText: title }).waitFor();
}

/**
 * Lets time pass for the timer that runs.
 * @param {Page} page
 * @param {number} minutes
 */
async function passTime(page, minutes) {
  await page.evaluate(async (milliseconds) => {
    const { timer } = /** @type {{ timer: { startedAt: number } }} */ (await chrome.storage.local.get("timer"));
    await chrome.storage.local.set({ timer: { ...timer, startedAt: timer.startedAt - milliseconds } });
  }, minutes * MINUTE);
}

test("on the first run nothing leaves the device until the user has chosen what, and what is switched off again stays", async (t) => {
  const account = await stage.account();
  const { open, profile } = await startExtension(t);
  /** @type {string[]} */
  const asked = [];
  profile.on("request", (request) => { if (request.url().startsWith("http")) asked.push(request.url()); });
  const page = await open("newtab");
  await picture(page, "extension-first-run");
  assert.equal(await page.getByTestId("opt-in-on").isDisabled(), true);
  await addTodo(page, "Milk");
  await addHabit(page, "Stretch");
  await addLink(page, "Example", "example.org");
  assert.equal(await shownState(page), "disabled");
  assert.deepEqual(asked, []);

  await optIn(page, stage.server.url, "login", account, ["todos"]);
  await until("the todo is at the server", async () => (await account.records("todos")).length === 1);
  await untilEqual(() => shownState(page), "synced");
  assert.deepEqual([await account.records("habits"), await account.records("links")], [[], []]);

  await page.getByTestId("nav-settings").click();
  assert.equal(await page.getByTestId("sync-todos").isChecked(), true);
  assert.equal(await page.getByTestId("sync-habits").isChecked(), false);
  await page.getByTestId("sync-habits").check();
  await until("the habit is at the server", async () => (await account.records("habits")).length === 1);
  await page.getByTestId("sync-todos").uncheck();
  await page.getByTestId("nav-home").click();
  await addTodo(page, "Bread");
  await page.getByTestId("nav-settings").click();
  await page.getByTestId("sync-now").click();
  await until("there is a report", async () => /\d ms|\d s/.test(await page.getByTestId("sync-report").textContent() ?? ""));
  await untilEqual(() => page.getByTestId("pending-todos").textContent(), "1 waiting");
  assert.equal((await account.records("todos")).length, 1);
  assertNoErrors(page);
});

test("what the browser opens as a new tab is the extension's", async (t) => {
  const { profile } = await startExtension(t);
  const page = await profile.newPage();
  await page.goto("chrome://newtab");
  await page.getByTestId("todo-input").waitFor();
});

test("the offer to sync can be put off, and the settings still have it", async (t) => {
  const { open } = await startExtension(t);
  const page = await open("newtab");
  await page.getByTestId("opt-in-later").click();
  await untilEqual(() => page.getByTestId("opt-in").isVisible(), false);
  await page.reload();
  await page.getByTestId("todo-input").waitFor();
  assert.equal(await page.getByTestId("opt-in").isVisible(), false);
  await page.keyboard.press("3");
  await page.getByTestId("settings-sign-in").waitFor();
});

test("habits, links, focus and the theme travel to the app of another profile, as far as it knows them", async (t) => {
  const account = await stage.account();
  const app = await openDemo(await stage.profile(t), stage.server.url);
  await signIn(app, "login", account);
  const { open } = await startExtension(t);
  const page = await open("newtab");
  await optIn(page, stage.server.url, "login", account, ["todos", "habits", "links", "focus", "settings"]);
  await addHabit(page, "Stretch");
  await page.getByTestId("habit").locator("input:enabled").last().check();
  await addLink(page, "Example", "example.org");
  // A new tab is where one goes from.
  assert.equal(await page.getByTestId("link-open").getAttribute("target"), null);
  await page.getByTestId("focus-start").click();
  await page.getByTestId("focus-pause").waitFor();
  await passTime(page, 3);
  await page.getByTestId("focus-stop").click();
  await page.getByTestId("nav-settings").click();
  await page.getByTestId("theme").selectOption("dark");
  await untilEqual(() => shownState(page), "synced");
  await picture(page, "extension-settings");
  await goTo(app, "habits");
  await untilEqual(() => app.getByTestId("habit-streak").textContent(), "1");
  await goTo(app, "links");
  await app.getByTestId("link").filter({ hasText: "Example" }).waitFor();
  await untilEqual(() => app.locator("html").getAttribute("data-theme"), "dark");
  assert.deepEqual((await account.records("focus")).map(({ data }) => data.minutes), [3]);
  assertNoErrors(app, page);
});

test("a period of focus outlives its page, is paused and resumed, and ends in the history", async (t) => {
  const { open } = await startExtension(t);
  const first = await open("newtab");
  await first.getByTestId("focus-length-50").click();
  await first.getByTestId("focus-length-25").click();
  await first.getByTestId("focus-start").click();
  await first.getByTestId("focus-pause").waitFor();
  const page = await open("newtab");
  await first.close();
  await until("the timer goes on", async () => /^24:\d\d$/.test(await page.getByTestId("focus-time").textContent() ?? ""));
  await page.getByTestId("focus-pause").click();
  await page.getByTestId("focus-resume").waitFor();
  await passTime(page, 10);
  await untilEqual(() => page.getByTestId("focus-until").textContent(), "paused");
  await until("what passed is off", async () => /^14:\d\d$/.test(await page.getByTestId("focus-time").textContent() ?? ""));
  await page.getByTestId("focus-resume").click();
  await page.getByTestId("focus-pause").waitFor();
  assert.ok((await page.evaluate(() => chrome.alarms.get("focus")))?.scheduledTime, "there is an alarm for its end");
  await passTime(page, 15);
  await page.getByTestId("focus-start").waitFor();
  // It counts for the day on which it began: in the first minutes of a day that was yesterday.
  const [began, today] = [Date.now() - 25 * MINUTE, Date.now()].map((at) => dayOf(new Date(at)));
  await untilEqual(() => page.getByTestId("focus-today").textContent(), began === today ? "25 min today" : "");
  await page.getByTestId("nav-focus").click();
  await untilEqual(() => page.getByTestId("focus-span").allTextContents(), ["25 min"]);
  await untilEqual(() => page.getByTestId(`focus-day-${began}`).getAttribute("data-minutes"), "25");
  await page.getByTestId("focus-delete").click();
  await page.getByTestId("focus-empty").waitFor();
  await page.getByTestId("toast-action").click();
  await untilEqual(() => page.getByTestId("focus-span").allTextContents(), ["25 min"]);
  assertNoErrors(page);
});

test("a period that ends while no page is open is kept by the background, once, which says so", async (t) => {
  const { open } = await startExtension(t);
  const first = await open("newtab");
  await first.getByTestId("focus-start").click();
  await first.getByTestId("focus-pause").waitFor();
  // A page of the extension that shows no timer, and so ends none; it keeps the browser open, too.
  const popup = await open("popup");
  await first.close();
  await passTime(popup, 25);
  await popup.evaluate(() => chrome.alarms.create("focus", { when: Date.now() }));
  await untilEqual(() => popup.evaluate(async () => Object.keys(await chrome.storage.local.get("timer"))), []);
  await untilEqual(() => popup.evaluate(async () => Object.keys(await chrome.notifications.getAll())), ["focus"]);
  await popup.close();
  const page = await open("newtab");
  await page.getByTestId("nav-focus").click();
  await untilEqual(() => page.getByTestId("focus-span").allTextContents(), ["25 min"]);
});

test("every page of the extension fits narrow and wide screens, in light and dark", async (t) => {
  const { open } = await startExtension(t);
  const page = await open("newtab");
  await assertFits(page, "extension-empty");
  await addTodo(page, "Water the plants");
  await addTodo(page, "A todo whose title is much longer than any telephone is wide, so that it has to go somewhere");
  await addHabit(page, "Read a chapter");
  await addHabit(page, "Stretch");
  await page.getByTestId("habit").locator("input:enabled").last().check();
  for (const [title, url] of [["Wikipedia", "wikipedia.org"], ["The documentation of everything", "docs.example.com"]]) await addLink(page, title ?? "", url ?? "");
  await page.getByTestId("focus-start").click();
  await page.getByTestId("focus-pause").waitFor();
  await passTime(page, 9);
  await assertFits(page, "extension-home");
  await page.getByTestId("link-unfold").click();
  await assertFits(page, "extension-link");
  await page.getByTestId("focus-stop").click();
  await page.getByTestId("focus-start").waitFor();
  for (const view of ["focus", "settings"]) {
    await page.getByTestId(`nav-${view}`).click();
    await page.getByTestId(`view-${view}`).waitFor();
    await assertFits(page, `extension-${view}`);
  }
  await page.getByTestId("account").click();
  await assertFits(page, "extension-sign-in");
  assertNoErrors(page);
});
