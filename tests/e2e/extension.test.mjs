// @ts-check
// The extension and the demo are two devices of one user: todos travel both ways through the extension's service worker.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after } from "node:test";

import { addTodo, assertNoErrors, fillSignIn, openDemo, picture, shownState, signIn, todo, watchForErrors } from "./support/demo.mjs";
import { startExtension } from "./support/extension.mjs";
import { stopServiceWorkers } from "./support/service-workers.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** @typedef {import("playwright-core").Page} Page */

/**
 * The popup of the extension, in a browser of its own.
 * @param {import("node:test").TestContext} t
 */
async function openPopup(t) {
  const extension = await startExtension();
  t.after(() => extension.end());
  const popup = await extension.open("popup");
  watchForErrors(popup);
  return { extension, popup };
}

/**
 * Signs a page of the extension in.
 * @param {Page} page
 * @param {import("./support/demo.mjs").Credentials} credentials
 */
async function logIn(page, credentials) {
  await page.getByTestId("options-toggle").click();
  await page.getByTestId("server-url").fill(stage.server.url);
  await fillSignIn(page, "login", credentials);
  await untilEqual(() => page.getByTestId("account-email").textContent(), credentials.email);
}

/**
 * The demo in a profile, and the popup in another, of one user.
 * @param {import("node:test").TestContext} t
 */
async function bothSignedIn(t) {
  const credentials = { email: `${randomUUID()}@example.org`, password: randomUUID() };
  const app = await openDemo(await stage.profile(t), stage.server.url);
  await signIn(app, "register", credentials);
  const { extension, popup } = await openPopup(t);
  await logIn(popup, credentials);
  return { app, extension, popup, credentials };
}

test("the popup keeps todos without an account, and the new tab shows the same", async (t) => {
  const { extension, popup } = await openPopup(t);
  await addTodo(popup, "Milk");
  const newTab = await extension.open("newtab");
  await todo(newTab, "Milk").getByTestId("todo-toggle").check();
  await untilEqual(() => todo(popup, "Milk").getByTestId("todo-toggle").isChecked(), true);
  await picture(newTab, "extension-new-tab");
  await picture(popup, "extension-popup");
  assertNoErrors(popup);
});

test("a todo added in the popup reaches the app of another profile through the service worker", async (t) => {
  const { app, popup } = await bothSignedIn(t);
  await addTodo(popup, "Milk");
  await todo(app, "Milk").waitFor();
  await untilEqual(() => shownState(popup), "synced");
  await picture(popup, "extension-popup-synced");
  assertNoErrors(app, popup);
});

test("a todo added in the popup after the service worker was stopped wakes it and reaches the app", async (t) => {
  const { app, popup } = await bothSignedIn(t);
  await untilEqual(() => shownState(popup), "synced");
  await stopServiceWorkers(popup);
  await addTodo(popup, "Milk");
  await todo(app, "Milk").waitFor();
  await untilEqual(() => shownState(popup), "synced");
});

test("a todo added in the app reaches the open popup when somebody looks at it", async (t) => {
  const { app, popup } = await bothSignedIn(t);
  await addTodo(app, "Bread");
  await untilEqual(() => shownState(app), "synced");
  await popup.evaluate(() => dispatchEvent(new Event("focus")));
  await todo(popup, "Bread").waitFor();
});

test("an alarm wakes the stopped service worker, which fetches what was added in the app", async (t) => {
  const { app, popup } = await bothSignedIn(t);
  await untilEqual(() => shownState(popup), "synced");
  await stopServiceWorkers(popup);
  await addTodo(app, "Bread");
  await untilEqual(() => shownState(app), "synced");
  // The extension's own alarm, only earlier than in half a minute.
  const { name } = await popup.evaluate(async () => (await chrome.alarms.getAll())[0] ?? { name: "none" });
  await popup.evaluate((name) => chrome.alarms.create(name, { when: Date.now() }), name);
  await todo(popup, "Bread").waitFor();
});

test("a todo added in the app while the service worker was stopped is there when the popup is opened", async (t) => {
  const { app, extension, popup } = await bothSignedIn(t);
  await untilEqual(() => shownState(popup), "synced");
  const blank = await extension.profile.newPage();
  await stopServiceWorkers(popup);
  await popup.close();
  await addTodo(app, "Bread");
  await untilEqual(() => shownState(app), "synced");
  await blank.close();
  await todo(await extension.open("popup"), "Bread").waitFor();
});

test("todos that the popup took without a network travel once there is one", async (t) => {
  const { app, extension, popup } = await bothSignedIn(t);
  await untilEqual(() => shownState(popup), "synced");
  await extension.profile.setOffline(true);
  await addTodo(popup, "Milk");
  await until("the popup says that it waits", async () => ["offline", "pending"].includes(await shownState(popup) ?? ""));
  await extension.profile.setOffline(false);
  await todo(app, "Milk").waitFor();
});

test("signing out of the extension takes its todos off this device alone", async (t) => {
  const { app, popup } = await bothSignedIn(t);
  await addTodo(popup, "Milk");
  await todo(app, "Milk").waitFor();
  await untilEqual(() => shownState(popup), "synced");
  await popup.getByTestId("sign-out").click();
  await popup.getByTestId("options-toggle").click();
  await popup.getByTestId("server-url").waitFor();
  await untilEqual(() => todo(popup, "Milk").count(), 0);
  assert.equal(await todo(app, "Milk").count(), 1);
});

test("an address that is no Syncline server is said in words, and the session is not kept", async (t) => {
  const { popup } = await openPopup(t);
  await popup.getByTestId("options-toggle").click();
  await popup.getByTestId("server-url").fill(stage.site.url);
  await fillSignIn(popup, "login", { email: "someone@example.org", password: "some password" });
  await until("there is a sentence", async () => ((await popup.getByTestId("sign-in-problem").textContent()) ?? "").length > 10);
  await popup.reload();
  await popup.getByTestId("options-toggle").click();
  await popup.getByTestId("server-url").waitFor();
});
