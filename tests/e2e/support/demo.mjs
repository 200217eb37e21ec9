// @ts-check
// The demo as its users handle it: pages, signing in, adding things. Looks only at what is shown.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";

import { PICTURES } from "./places.mjs";
import { until } from "./until.mjs";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").FrameLocator} Frame */
/** @typedef {{ email: string, password: string }} Credentials */

/**
 * Opens a page of the server in a profile and waits until its database is open.
 * @param {import("playwright-core").BrowserContext} profile
 * @param {string} url
 */
export async function openDemo(profile, url) {
  const page = await profile.newPage();
  watchForErrors(page);
  await page.goto(url);
  await page.getByTestId("view-todos").waitFor();
  return page;
}

/** What pages complained of. @type {WeakMap<Page, string[]>} */
const complaints = new WeakMap();

/**
 * Notes exceptions, and errors in the console, among them what the security policy forbids and what is not there.
 * @param {Page} page
 */
export function watchForErrors(page) {
  /** @type {string[]} */
  const noted = [];
  complaints.set(page, noted);
  page.on("pageerror", (error) => noted.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") noted.push(`${message.text()} (${message.location().url})`); });
}

/** @param {...Page} pages */
export function assertNoErrors(...pages) {
  assert.deepEqual(pages.flatMap((page) => complaints.get(page) ?? []), []);
}

/**
 * @param {Page} page
 * @param {string} view
 */
export async function goTo(page, view) {
  await page.getByTestId(`nav-${view}`).click();
  await page.getByTestId(`view-${view}`).waitFor();
}

/**
 * Fills the form that is shown.
 * @param {Page} page
 * @param {"register" | "login"} action
 * @param {Credentials} credentials
 */
export async function fillSignIn(page, action, { email, password }) {
  // It begins with what is likely: a new account, or the one whose session has ended.
  const submit = { register: "Create account", login: "Log in" }[action];
  if (await page.getByTestId("sign-in-submit").textContent() !== submit) await page.getByTestId("sign-in-other").click();
  await page.getByTestId("email").fill(email);
  await page.getByTestId("password").fill(password);
  await page.getByTestId("sign-in-submit").click();
}

/**
 * Creates an account or logs in, and waits until that is done.
 * @param {Page} page
 * @param {"register" | "login"} action
 * @param {Credentials} credentials
 */
export async function signIn(page, action, credentials) {
  await page.getByTestId("account").click();
  await fillSignIn(page, action, credentials);
  await until("the dialog is closed", async () => {
    assert.equal(await page.getByTestId("sign-in-problem").textContent(), "");
    return !(await page.getByTestId("sign-in-dialog").isVisible());
  });
}

/**
 * @param {Page | Frame} page
 * @param {string} title
 */
export async function addTodo(page, title) {
  await page.getByTestId("todo-input").fill(title);
  await page.getByTestId("todo-add").click();
  await todo(page, title).waitFor();
}

/**
 * The row of a todo.
 * @param {Page | Frame} page
 * @param {string} title
 */
export function todo(page, title) {
  return page.getByTestId("todo").filter({ has: page.getByText(title, { exact: true }) });
}

/**
 * What the indicator shows, as its attribute says it.
 * @param {Page | Frame} page
 */
export function shownState(page) {
  return page.getByTestId("sync-status").getAttribute("state");
}

const SIZES = /** @type {const} */ ([["narrow", { width: 360, height: 740 }], ["wide", { width: 1280, height: 800 }]]);

/**
 * Nothing of a page reaches beyond a screen of any size, in light or dark; each is kept as a picture.
 * @param {Page} page
 * @param {string} name
 */
export async function assertFits(page, name) {
  for (const [size, viewport] of SIZES) {
    await page.setViewportSize(viewport);
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await page.emulateMedia({ colorScheme });
      const [needed, given] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      assert.ok(needed <= given, `${name} is ${needed} wide where there are ${given}`);
      await picture(page, `${name}-${size}-${colorScheme}`);
    }
  }
}

/**
 * Keeps a picture of a page where pictures are wanted.
 * @param {Page} page
 * @param {string} name
 */
export async function picture(page, name) {
  if (!PICTURES) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`), fullPage: true, animations: "disabled" });
}
