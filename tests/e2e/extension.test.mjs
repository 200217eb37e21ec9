// @ts-check
// The extension and the demo are two devices of one user: todos travel both ways through the extension's service worker.

import assert from "node:assert/strict";
import { after, before } from "node:test";

import { addTodo, assertNoErrors, fillSignIn, openDemo, picture, shownState, signIn, todo } from "./support/demo.mjs";
import { badge, launchExtension, optIn, startExtension } from "./support/extension.mjs";
import { stopServiceWorkers } from "./support/service-workers.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();

/** One user for most tests, who syncs todos: signing in is most of what a test would take. */
const account = await stage.account();
/** The demo in one profile. @type {import("playwright-core").Page} */
let app;
/** The extension in another. @type {Awaited<ReturnType<typeof launchExtension>>} */
let extension;
/** A page that keeps the browser open, and asks the extension for nothing. @type {import("playwright-core").Page} */
let blank;

before(async () => {
  app = await openDemo(await stage.browser.newContext(), stage.server.url);
  await signIn(app, "login", account);
  extension = await launchExtension();
  blank = await extension.profile.newPage();
  const newTab = await extension.open("newtab");
  await optIn(newTab, stage.server.url, "login", account, ["todos"]);
  await newTab.close();
});
after(async () => {
  await extension?.end();
  await stage.end();
});

/**
 * The popup, once it says that all is synced. No new tab is open: everything goes through the background.
 * @param {import("node:test").TestContext} t
 */
async function openPopup(t) {
  const popup = await extension.open("popup");
  t.after(() => popup.close());
  await untilEqual(() => shownState(popup), "synced");
  return popup;
}

test("the popup keeps todos without an account, and the new tab shows the same", async (t) => {
  const alone = await startExtension(t);
  const popup = await alone.open("popup");
  await addTodo(popup, "Milk");
  const newTab = await alone.open("newtab");
  await todo(newTab, "Milk").waitFor();
  await picture(popup, "extension-popup");
  await todo(newTab, "Milk").getByTestId("todo-toggle").click();
  // The popup lists what is open.
  await untilEqual(() => todo(popup, "Milk").count(), 0);
  await untilEqual(() => badge(popup), "");
  assertNoErrors(popup, newTab);
});

test("a todo added in the popup reaches the app of another profile through the service worker", async (t) => {
  const popup = await openPopup(t);
  await addTodo(popup, "Milk");
  await todo(app, "Milk").waitFor();
  await untilEqual(() => shownState(popup), "synced");
  await picture(popup, "extension-popup-synced");
  assertNoErrors(app, popup);
});

test("a todo added in the popup after the service worker was stopped wakes it and reaches the app", async (t) => {
  const popup = await openPopup(t);
  await stopServiceWorkers(blank);
  await addTodo(popup, "Bread");
  await todo(app, "Bread").waitFor();
  await untilEqual(() => shownState(popup), "synced");
});

test("a todo reaches the app although the popup closes as soon as it is saved", async (t) => {
  const popup = await openPopup(t);
  await addTodo(popup, "Butter");
  await popup.close();
  await todo(app, "Butter").waitFor();
});

test("an alarm wakes the stopped service worker, which fetches what was added in the app", async (t) => {
  const popup = await openPopup(t);
  await stopServiceWorkers(blank);
  await addTodo(app, "Honey");
  await untilEqual(() => shownState(app), "synced");
  // The extension's own alarm, only earlier.
  await popup.evaluate(() => chrome.alarms.create("syncline", { when: Date.now() }));
  await todo(popup, "Honey").waitFor();
});

test("a todo added in the app while the service worker was stopped is there when the popup is opened", async (t) => {
  await (await openPopup(t)).close();
  await stopServiceWorkers(blank);
  await addTodo(app, "Salt");
  await untilEqual(() => shownState(app), "synced");
  await todo(await openPopup(t), "Salt").waitFor();
});

test("the badge counts what the popup took without a network, and it travels once there is one", async (t) => {
  const popup = await openPopup(t);
  await extension.profile.setOffline(true);
  t.after(() => extension.profile.setOffline(false));
  await addTodo(popup, "Apples");
  await addTodo(popup, "Pears");
  await untilEqual(() => badge(popup), "2");
  await until("the popup says that it waits", async () => ["offline", "pending"].includes(await shownState(popup) ?? ""));
  await picture(popup, "extension-popup-offline");
  await extension.profile.setOffline(false);
  await popup.evaluate(() => chrome.alarms.create("syncline", { when: Date.now() }));
  await todo(app, "Apples").waitFor();
  await todo(app, "Pears").waitFor();
  await untilEqual(() => badge(popup), "");
});

test("a new tab hears of other devices and sends what it is given while the service worker rests", async (t) => {
  const newTab = await extension.open("newtab");
  t.after(() => newTab.close());
  await stopServiceWorkers(blank);
  await addTodo(app, "Plums");
  await todo(newTab, "Plums").waitFor();
  await addTodo(newTab, "Nuts");
  await todo(app, "Nuts").waitFor();
  assertNoErrors(newTab);
});

test("what a new tab could not send before it is closed, the service worker sends within half a minute", async (t) => {
  const newTab = await extension.open("newtab");
  // Something of the extension that asks its background for nothing.
  const other = await extension.profile.newPage();
  await other.goto(newTab.url().replace("newtab.html", "css/base.css"));
  t.after(() => other.close());
  await stage.server.kill();
  t.after(() => stage.server.restart());
  await addTodo(newTab, "Flour");
  const alarm = () => other.evaluate(async () => (await chrome.alarms.get("syncline"))?.scheduledTime ?? Infinity);
  await until("the alarm is brought forward", async () => (await alarm()) <= Date.now() + 30_000);
  await newTab.close();
  await stage.server.restart();
  // The same alarm, only earlier.
  await other.evaluate(() => chrome.alarms.create("syncline", { when: Date.now() }));
  await until("the todo is at the server", async () => (await account.records("todos")).some(({ data }) => data?.title === "Flour"));
});

test("an address that is no Syncline server is said in words, and the session is not kept", async (t) => {
  const alone = await startExtension(t);
  const newTab = await alone.open("newtab");
  await newTab.getByTestId("account").click();
  await newTab.getByTestId("server-url").fill(stage.site.url);
  await fillSignIn(newTab, "login", { email: "someone@example.org", password: "some password" });
  await until("there is a sentence", async () => ((await newTab.getByTestId("sign-in-problem").textContent()) ?? "").length > 10);
  await newTab.reload();
  await newTab.getByTestId("nav-settings").click();
  await newTab.getByTestId("settings-sign-in").waitFor();
});

test("signing out of the extension takes its todos off this device alone", async (t) => {
  const popup = await openPopup(t);
  const newTab = await extension.open("newtab");
  t.after(() => newTab.close());
  await todo(newTab, "Milk").waitFor();
  await untilEqual(() => shownState(newTab), "synced");
  await newTab.getByTestId("nav-settings").click();
  await newTab.getByTestId("sign-out").click();
  await newTab.getByTestId("settings-sign-in").waitFor();
  await newTab.getByTestId("nav-home").click();
  await newTab.getByTestId("opt-in").waitFor();
  assert.equal(await newTab.getByTestId("todo").count(), 0);
  await untilEqual(() => popup.getByTestId("todo").count(), 0);
  await untilEqual(() => shownState(popup), "disabled");
  assert.equal(await todo(app, "Milk").count(), 1);
});
