// @ts-check
// The extension and the demo are two devices of one user: todos travel both ways through the extension's service worker.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after } from "node:test";

import { addTodo, assertNoErrors, fillSignIn, openDemo, picture, shownState, signIn, todo } from "./support/demo.mjs";
import { badge, optIn, startExtension } from "./support/extension.mjs";
import { stopServiceWorkers } from "./support/service-workers.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/**
 * The demo in a profile, and the extension's popup in another, of one user who syncs todos. No new tab is open: all goes through the background.
 * @param {import("node:test").TestContext} t
 */
async function bothSignedIn(t) {
  const credentials = { email: `${randomUUID()}@example.org`, password: randomUUID() };
  const app = await openDemo(await stage.profile(t), stage.server.url);
  await signIn(app, "register", credentials);
  const extension = await startExtension(t);
  const newTab = await extension.open("newtab");
  await optIn(newTab, stage.server.url, "login", credentials, ["todos"]);
  const popup = await extension.open("popup");
  await newTab.close();
  await untilEqual(() => shownState(popup), "synced");
  return { app, extension, popup };
}

test("the popup keeps todos without an account, and the new tab shows the same", async (t) => {
  const extension = await startExtension(t);
  const popup = await extension.open("popup");
  await addTodo(popup, "Milk");
  const newTab = await extension.open("newtab");
  await todo(newTab, "Milk").waitFor();
  await picture(popup, "extension-popup");
  await todo(newTab, "Milk").getByTestId("todo-toggle").click();
  // The popup lists what is open.
  await untilEqual(() => todo(popup, "Milk").count(), 0);
  await untilEqual(() => badge(popup), "");
  assertNoErrors(popup, newTab);
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
  await stopServiceWorkers(popup);
  await addTodo(popup, "Milk");
  await todo(app, "Milk").waitFor();
  await untilEqual(() => shownState(popup), "synced");
});

test("a todo reaches the app although the popup closes as soon as it is saved", async (t) => {
  const { app, extension, popup } = await bothSignedIn(t);
  const blank = await extension.profile.newPage();
  await addTodo(popup, "Milk");
  await popup.close();
  await todo(app, "Milk").waitFor();
  await blank.close();
});

test("an alarm wakes the stopped service worker, which fetches what was added in the app", async (t) => {
  const { app, popup } = await bothSignedIn(t);
  await stopServiceWorkers(popup);
  await addTodo(app, "Bread");
  await untilEqual(() => shownState(app), "synced");
  // The extension's own alarm, only earlier.
  await popup.evaluate(() => chrome.alarms.create("syncline", { when: Date.now() }));
  await todo(popup, "Bread").waitFor();
});

test("a todo added in the app while the service worker was stopped is there when the popup is opened", async (t) => {
  const { app, extension, popup } = await bothSignedIn(t);
  const blank = await extension.profile.newPage();
  await popup.close();
  await stopServiceWorkers(blank);
  await addTodo(app, "Bread");
  await untilEqual(() => shownState(app), "synced");
  await todo(await extension.open("popup"), "Bread").waitFor();
  await blank.close();
});

test("the badge counts what the popup took without a network, and it travels once there is one", async (t) => {
  const { app, extension, popup } = await bothSignedIn(t);
  await extension.profile.setOffline(true);
  await addTodo(popup, "Milk");
  await addTodo(popup, "Bread");
  await untilEqual(() => badge(popup), "2");
  await until("the popup says that it waits", async () => ["offline", "pending"].includes(await shownState(popup) ?? ""));
  await picture(popup, "extension-popup-offline");
  await extension.profile.setOffline(false);
  await popup.evaluate(() => chrome.alarms.create("syncline", { when: Date.now() }));
  await todo(app, "Milk").waitFor();
  await todo(app, "Bread").waitFor();
  await untilEqual(() => badge(popup), "");
});

test("a new tab hears of other devices and sends what it is given while the service worker rests", async (t) => {
  const { app, extension, popup } = await bothSignedIn(t);
  const newTab = await extension.open("newtab");
  await popup.close();
  await stopServiceWorkers(newTab);
  await addTodo(app, "Bread");
  await todo(newTab, "Bread").waitFor();
  await addTodo(newTab, "Milk");
  await todo(app, "Milk").waitFor();
  assertNoErrors(newTab);
});

test("signing out of the extension takes its todos off this device alone", async (t) => {
  const { app, extension, popup } = await bothSignedIn(t);
  await addTodo(popup, "Milk");
  await todo(app, "Milk").waitFor();
  const newTab = await extension.open("newtab");
  await untilEqual(() => shownState(newTab), "synced");
  await newTab.getByTestId("nav-settings").click();
  await newTab.getByTestId("sign-out").click();
  await newTab.getByTestId("settings-sign-in").waitFor();
  await newTab.getByTestId("nav-home").click();
  await newTab.getByTestId("opt-in").waitFor();
  assert.equal(await todo(newTab, "Milk").count(), 0);
  await untilEqual(() => todo(popup, "Milk").count(), 0);
  await untilEqual(() => shownState(popup), "disabled");
  assert.equal(await todo(app, "Milk").count(), 1);
});

test("an address that is no Syncline server is said in words, and the session is not kept", async (t) => {
  const extension = await startExtension(t);
  const newTab = await extension.open("newtab");
  await newTab.getByTestId("account").click();
  await newTab.getByTestId("server-url").fill(stage.site.url);
  await fillSignIn(newTab, "login", { email: "someone@example.org", password: "some password" });
  await until("there is a sentence", async () => ((await newTab.getByTestId("sign-in-problem").textContent()) ?? "").length > 10);
  await newTab.reload();
  await newTab.getByTestId("nav-settings").click();
  await newTab.getByTestId("settings-sign-in").waitFor();
});
