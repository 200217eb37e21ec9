// @ts-check
// The lab: two devices side by side in one page, cut off and brought back by their switches.

import assert from "node:assert/strict";
import { after } from "node:test";

import { addTodo, assertFits, assertNoErrors, picture, shownState, todo, watchForErrors } from "./support/demo.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** @typedef {import("playwright-core").FrameLocator} Frame */

/**
 * The lab with both devices synced.
 * @param {import("node:test").TestContext} t
 */
async function openLab(t) {
  const page = await (await stage.profile(t)).newPage();
  watchForErrors(page);
  await page.goto(`${stage.server.url}/lab`);
  const [a, b] = [page.frameLocator("#device-A"), page.frameLocator("#device-B")];
  for (const device of [a, b]) await untilEqual(() => shownState(device), "synced");
  return { page, a, b };
}

/** @param {Frame} device */
function titles(device) {
  return device.getByTestId("todo-title").allTextContents();
}

test("a todo added on one device of the lab shows on the other, and the log says where it came from", async (t) => {
  const { page, a, b } = await openLab(t);
  assert.notEqual(await a.getByTestId("device-id").textContent(), await b.getByTestId("device-id").textContent());
  await addTodo(a, "Milk");
  await todo(b, "Milk").waitFor();
  await a.getByTestId("log-entry").filter({ hasText: "from here" }).first().waitFor();
  await b.getByTestId("log-entry").filter({ hasText: "from the server" }).first().waitFor();
  assertNoErrors(page);
});

test("both devices edit one record while cut off, and both end with the merge that the lab explains", async (t) => {
  const { page, a, b } = await openLab(t);
  await page.getByTestId("both-edit").click();
  await page.locator('[data-testid="outcome"][data-settled]').waitFor();
  await untilEqual(() => page.getByTestId("stage").textContent(), "Both agree.");
  const [there, here] = [await titles(a), await titles(b)];
  assert.deepEqual(there, here);
  const row = async (/** @type {string} */ field) => (await page.getByTestId(`outcome-${field}`).locator("td").allTextContents()).slice(1, 4);
  const [[, byB, title], [byA, , due], [, done, isDone]] = [await row("title"), await row("due"), await row("done")];
  assert.deepEqual([title, due, isDone], [byB, byA, done], "the later title, and what each alone wrote");
  assert.deepEqual(there, [title]);
  await until("the conflict is in a log", async () => (await a.locator('[data-kind="conflict"]').count()) + (await b.locator('[data-kind="conflict"]').count()) > 0);
  await picture(page, "lab-merged");
  assertNoErrors(page);
});

test("devices switched offline by hand count what waits, and converge once they are back", async (t) => {
  const { page, a, b } = await openLab(t);
  await addTodo(a, "Milk");
  await todo(b, "Milk").waitFor();
  for (const device of [a, b]) {
    await device.getByTestId("online").uncheck();
    await untilEqual(() => shownState(device), "offline");
  }
  await todo(a, "Milk").getByTestId("todo-toggle").check();
  await addTodo(a, "Bread");
  await todo(b, "Milk").getByTestId("todo-edit").click();
  await b.getByTestId("todo-edit-title").fill("Oat milk");
  await b.getByTestId("todo-edit-title").press("Enter");
  await untilEqual(async () => [await a.getByTestId("pending").textContent(), await b.getByTestId("pending").textContent()], ["2", "1"]);
  await picture(page, "lab-offline");
  for (const device of [a, b]) await device.getByTestId("online").check();
  for (const device of [a, b]) {
    await untilEqual(() => titles(device), ["Bread", "Oat milk"]);
    await untilEqual(() => todo(device, "Oat milk").getByTestId("todo-toggle").isChecked(), true);
    await untilEqual(() => shownState(device), "synced");
  }
});

test("the films imported on A show on B", async (t) => {
  const { page, b } = await openLab(t);
  await page.getByTestId("import-a").click();
  await untilEqual(() => b.getByTestId("movies-count").textContent(), "3,201");
  assertNoErrors(page);
});

test("a reset gives two new devices with a new account and nothing on them", async (t) => {
  const { page, a, b } = await openLab(t);
  await addTodo(a, "Milk");
  await todo(b, "Milk").waitFor();
  const before = await a.getByTestId("device-id").textContent();
  await page.getByTestId("reset").click();
  await untilEqual(() => page.getByTestId("stage").textContent(), "Two new devices with a new account.");
  for (const device of [a, b]) await untilEqual(() => shownState(device), "synced");
  assert.notEqual(await a.getByTestId("device-id").textContent(), before);
  assert.deepEqual([await titles(a), await titles(b)], [[], []]);
});

test("the lab fits narrow and wide screens, in light and dark", async (t) => {
  const { page, a, b } = await openLab(t);
  await addTodo(a, "Milk");
  await todo(b, "Milk").waitFor();
  await assertFits(page, "lab");
});
