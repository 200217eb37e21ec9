// @ts-check
// The content script: what is selected on a page that is not the extension's becomes a todo.
// The menu itself cannot be clicked by a driver of Chromium; what it tells the background is sent there in its place. Firefox's test clicks it.

import assert from "node:assert/strict";
import { after } from "node:test";

import { picture, todo } from "./support/demo.mjs";
import { startExtension } from "./support/extension.mjs";
import { startPage } from "./support/site.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const HTML = `<!doctype html><title>Keeping bees</title>
<p id="text">Bees   need
water</p><input id="field" value="in a field" aria-label="Field"><input id="secret" type="password" value="secret" aria-label="Secret">
<iframe srcdoc="<p id=inner>in a frame</p>" title="Frame"></iframe>`;
// As strict as a page can be: neither its scripts nor its styles may matter.
const site = await startPage(HTML, { "content-security-policy": "default-src 'none'; script-src 'none'; style-src 'none'; frame-src *" });
after(() => site.end());

/** @typedef {import("playwright-core").Page} Page */

/**
 * A page, and what the context menu of the extension tells its background.
 * @param {import("node:test").TestContext} t
 */
async function reading(t) {
  const extension = await startExtension(t);
  const page = await extension.profile.newPage();
  await page.goto(`${site.url}/bees`);
  const menu = (/** @type {object} */ info) => extension.worker.evaluate(async ([url, info]) => {
    const tab = (await chrome.tabs.query({})).find((tab) => tab.url === url);
    /** @type {any} */ (chrome.contextMenus.onClicked).dispatch({ menuItemId: "save-selection", ...info }, tab);
  }, /** @type {const} */ ([`${site.url}/bees`, info]));
  const shortcut = () => extension.worker.evaluate(async (url) => {
    const tab = (await chrome.tabs.query({})).find((tab) => tab.url === url);
    /** @type {any} */ (chrome.commands.onCommand).dispatch("save-selection", tab);
  }, `${site.url}/bees`);
  return { extension, page, menu, shortcut };
}

/** What the page says became of it. @param {Page} page */
function said(page) {
  return page.evaluate(() => document.querySelector("[data-syncline-notice]")?.shadowRoot?.querySelector("[role=status] span")?.textContent ?? null);
}

test("the selection of a page becomes a todo with its page, and the page says so once it is durable", async (t) => {
  const { extension, page, menu } = await reading(t);
  await page.locator("#text").selectText();
  await menu({ frameId: 0, selectionText: "Bees need water" });
  await untilEqual(() => said(page), "Saved to your todos: Bees need water");
  await picture(page, "extension-selection");
  const popup = await extension.open("popup");
  const row = todo(popup, "Bees need water");
  await row.waitFor();
  assert.equal(await row.getByTestId("todo-source").getAttribute("href"), `${site.url}/bees`);
  assert.equal(await row.getByTestId("todo-source").getAttribute("title"), "Keeping bees");
  await page.getByRole("button", { name: "Undo" }).click();
  await untilEqual(() => todo(popup, "Bees need water").count(), 0);
  await untilEqual(() => said(page), null);
});

test("the shortcut saves what is selected in a field, never a password, and says when nothing is selected", async (t) => {
  const { extension, page, shortcut } = await reading(t);
  await shortcut();
  await untilEqual(() => said(page), "Select some text first.");
  await page.evaluate(() => document.querySelector("[data-syncline-notice]")?.remove());
  await page.locator("#secret").selectText();
  await shortcut();
  await untilEqual(() => said(page), "Select some text first.");
  await page.locator("#field").selectText();
  await shortcut();
  await untilEqual(() => said(page), "Saved to your todos: in a field");
  const popup = await extension.open("popup");
  await todo(popup, "in a field").waitFor();
  assert.equal(await popup.getByTestId("todo").count(), 1);
});

test("a selection within a frame is saved from there", async (t) => {
  const { extension, page, shortcut } = await reading(t);
  const inner = page.frameLocator("iframe").locator("#inner");
  await inner.click();
  await inner.selectText();
  await shortcut();
  await todo(await extension.open("popup"), "in a frame").waitFor();
});

test("where no script may run, what the menu knows of the selection is saved all the same", async (t) => {
  const { extension } = await reading(t);
  const page = await extension.profile.newPage();
  await page.goto("chrome://version");
  await extension.worker.evaluate(async () => {
    const tab = (await chrome.tabs.query({ active: true }))[0];
    /** @type {any} */ (chrome.contextMenus.onClicked).dispatch({ menuItemId: "save-selection", frameId: 0, selectionText: "Chromium" }, { ...tab, title: "About", url: "chrome://version" });
  });
  await todo(await extension.open("popup"), "Chromium").waitFor();
});

test("the menu is there once the extension is installed", async (t) => {
  const { extension } = await reading(t);
  const popup = await extension.open("popup");
  // Changing what is not there is an error.
  await until("there is a menu", () => popup.evaluate(() => new Promise((resolve) =>
    chrome.contextMenus.update("save-selection", { title: "Save to todos" }, () => resolve(chrome.runtime.lastError === undefined)))));
});
