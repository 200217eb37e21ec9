// @ts-check
// <sync-inspector> and the panel of <sync-status>, as a user handles them, over the real server.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after } from "node:test";

import { assertFits, assertNoErrors, goTo, openDemo, picture, signIn, watchForErrors } from "./support/demo.mjs";
import { Account } from "./support/account.mjs";
import { startSignedIn } from "./support/client-extension.mjs";
import { Device } from "./support/device.mjs";
import { DELETE, agreed, emptied, meeting } from "./support/pair.mjs";
import { Server } from "./support/server.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** @typedef {import("node:test").TestContext} TestContext */
/** @typedef {import("playwright-core").Page} Page */

/** More than the mebibyte that the server takes of one record. */
const TOO_LARGE = 1_200_000;
const AXE = new URL("../../node_modules/axe-core/axe.min.js", import.meta.url);
const MANUAL = { collections: { todos: { conflict: "manual" } } };

/**
 * Puts both elements into a device's page.
 * @param {Device} device
 * @param {object} [properties] of both
 */
async function inspected(device, properties = {}) {
  await device.run(async (db, properties) => {
    await import(`${location.origin}/pkg/element-define.js`);
    const [inspector, status] = [document.createElement("sync-inspector"), document.createElement("sync-status")];
    inspector.id = "inspector";
    status.setAttribute("inspector", "inspector");
    for (const element of [inspector, status]) Object.assign(element, properties, { client: db });
    document.body.append(status, inspector);
  }, properties);
  return device.page.locator("sync-inspector");
}

/**
 * A device with the inspector whose first record was refused.
 * @param {TestContext} t
 */
async function refused(t) {
  const account = await stage.account();
  const device = await stage.device(t, account);
  const inspector = await inspected(device);
  await device.run((db, size) => db.collection("notes").put({ id: "large", text: "x".repeat(size) }).then(() => {}), TOO_LARGE);
  const row = inspector.locator("[part=parked] li");
  await row.waitFor();
  return { account, device, inspector, row };
}

/** @param {Page} page */
function focused(page) {
  return page.evaluate(() => {
    let found = document.activeElement;
    while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
    return found?.getAttribute("data-action") ?? found?.getAttribute("part") ?? found?.localName;
  });
}

test("a refused change is edited, sent again and accepted", async (t) => {
  const { account, device, inspector, row } = await refused(t);
  assert.match(await row.locator(".wrong").textContent() ?? "", /\(too-large\)/);
  await row.locator("[data-action=edit]").click();
  assert.equal(await focused(device.page), "editor");
  await row.locator("textarea").fill("{ not JSON");
  await row.locator("[data-action=save]").click();
  assert.match(await row.locator(".editor .wrong").textContent() ?? "", /^This is not JSON/);
  assert.equal(await row.locator("textarea").getAttribute("aria-invalid"), "true");
  assert.equal((await device.status()).parked, 1, "nothing was sent");
  await row.locator("textarea").fill('{ "text": "shorter" }');
  await row.locator("[data-action=save]").click();
  await untilEqual(async () => (await account.record("notes", "large"))?.data, { id: "large", text: "shorter" });
  await row.waitFor({ state: "detached" });
  await inspector.getByText("The server has refused nothing.").waitFor();
});

test("what is no document is refused in words, and the editor stays with what was written", async (t) => {
  const { device, inspector, row } = await refused(t);
  await row.locator("[data-action=edit]").click();
  await row.locator("textarea").fill("7");
  await row.locator("[data-action=save]").click();
  await until("it is said", async () => /^That did not work/.test(await inspector.locator("[part=problem]").textContent() ?? ""));
  assert.equal(await row.locator("textarea").inputValue(), "7");
  assert.equal((await device.status()).parked, 1);
});

test("a refused change is discarded at the second press, and not at the first", async (t) => {
  const { account, device, row } = await refused(t);
  const discard = row.locator("[data-action=discard]");
  await discard.click();
  assert.equal(await discard.textContent(), "Discard for good");
  await discard.press("Escape");
  assert.equal(await discard.textContent(), "Discard");
  assert.equal((await device.status()).parked, 1);
  await discard.click();
  await discard.click();
  await untilEqual(async () => (await device.status()).parked, 0);
  await row.waitFor({ state: "detached" });
  assert.equal(await account.record("notes", "large"), undefined);
});

test("what waits is listed while there is no network, can be discarded, and leaves the list when it is sent", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account);
  const inspector = await inspected(device);
  await device.settled();
  await device.setOnline(false);
  await device.put("todos", { id: "milk", title: "Milk" });
  await device.put("todos", { id: "bread", title: "Bread" });
  const rows = inspector.locator("[part=queue] li");
  await untilEqual(() => rows.locator("b").allTextContents(), ["Milk", "Bread"]);
  const discard = rows.first().locator("[data-action=discard]");
  await discard.click();
  await discard.click();
  await untilEqual(() => rows.locator("b").allTextContents(), ["Bread"]);
  await device.setOnline(true);
  await rows.waitFor({ state: "detached" });
  await untilEqual(async () => (await account.records("todos")).map(({ id }) => id), ["bread"]);
});

/** @param {TestContext} t */
async function inConflict(t) {
  const both = await meeting(stage, t, "todos", { title: "Milk", done: false, note: "two" }, MANUAL, { title: "Oat milk", done: true }, { title: "Soy milk", note: "three" });
  const inspector = await inspected(both.a);
  const row = inspector.locator("[part=conflicts] li");
  await row.waitFor();
  return { both, row };
}

for (const [choice, expected] of /** @type {const} */ ([
  ["local", { title: "Oat milk", done: true, note: "two" }],
  ["remote", { title: "Soy milk", done: false, note: "three" }],
])) {
  test(`the ${choice} side of a conflict is chosen`, async (t) => {
    const { both, row } = await inConflict(t);
    await row.locator(`[data-action=${choice}]`).click();
    await agreed(both, "todos", { ...expected, id: both.id });
    await row.waitFor({ state: "detached" });
  });
}

test("a conflict shows three documents side by side and who changed which field, and is merged field by field, by keyboard alone", async (t) => {
  const { both, row } = await inConflict(t);
  const shown = await row.locator("[role=row][data-field]").evaluateAll((rows) => rows.map((row) =>
    [row.getAttribute("data-field"), row.getAttribute("data-changed"), ...[...row.querySelectorAll(".value")].map((value) => value.textContent)]));
  assert.deepEqual(shown.sort(), [
    ["done", "local", "false", "true", "false"],
    ["id", "no", both.id, both.id, both.id],
    ["note", "remote", "two", "two", "three"],
    ["title", "both", "Milk", "Oat milk", "Soy milk"],
  ]);
  assert.equal(await row.getByRole("radio", { name: "Elsewhere: three" }).isChecked(), true);
  assert.equal(await row.getByRole("radio", { name: "Here: true" }).isChecked(), true);
  await row.getByRole("radio", { name: "Here: Oat milk" }).focus();
  await both.a.page.keyboard.press("Space");
  await both.a.page.keyboard.press("ArrowRight");
  assert.equal(await row.getByRole("radio", { name: "Elsewhere: Soy milk" }).isChecked(), true);
  await row.locator("[data-action=merged]").focus();
  await both.a.page.keyboard.press("Enter");
  await agreed(both, "todos", { id: both.id, title: "Soy milk", done: true, note: "three" });
  await row.waitFor({ state: "detached" });
});

test("a conflict is merged as JSON, which begins with the selection", async (t) => {
  const { both, row } = await inConflict(t);
  await row.getByRole("radio", { name: "Here: Oat milk" }).check();
  await row.locator("[data-action=edit]").click();
  const editor = row.locator("textarea");
  assert.deepEqual(JSON.parse(await editor.inputValue()), { id: both.id, title: "Oat milk", done: true, note: "three" });
  await editor.fill(JSON.stringify({ id: both.id, title: "Rice milk" }));
  await row.locator("[data-action=save]").click();
  await agreed(both, "todos", { id: both.id, title: "Rice milk" });
});

test("an edit of what was deleted elsewhere can be kept, and there is nothing to merge", async (t) => {
  const both = await meeting(stage, t, "todos", { title: "Milk" }, MANUAL, { title: "Oat milk" }, DELETE);
  const row = (await inspected(both.a)).locator("[part=conflicts] li");
  await row.getByText("Edited here, deleted elsewhere").waitFor();
  assert.equal(await row.locator("[data-field=title] [data-side=remote] .value").textContent(), "deleted");
  assert.equal(await row.locator("[data-action=merged]").count(), 0);
  await row.locator("[data-action=local]").click();
  await agreed(both, "todos", { id: both.id, title: "Oat milk" });
});

test("the time line shows each sync, what it moved, and failures with their reason", async (t) => {
  const server = await Server.start();
  t.after(() => server.end());
  // Nothing but its own edit makes it sync: a channel that comes up would.
  const device = await stage.device(t, await Account.register(server.url), { schedule: { live: false, pollInterval: 600_000 } });
  await device.settled();
  const inspector = await inspected(device);
  await inspector.getByText("No sync since this was opened.").waitFor();
  await device.put("todos", { title: "Milk" });
  await device.settled();
  const done = inspector.locator("[part=chart] [data-outcome=done]");
  await until("the sync is drawn", async () => await done.count() > 0);
  await until("what was sent is drawn", async () => await done.locator(".pushed").count() === 1);
  assert.match(await inspector.getByRole("img").getAttribute("aria-label") ?? "", /^\d+ syncs? since .*: 0 failed, 1 sent, \d+ received$/);
  await server.kill();
  await device.failure((db) => db.sync());
  const failed = inspector.locator("[part=chart] [data-outcome=failed]");
  await until("the failure is drawn", async () => await failed.count() > 0);
  await inspector.getByText("All of them, as a table").click();
  await until("the failure is in the table", async () => await inspector.locator("tr[data-outcome=failed]").count() > 0);
  assert.deepEqual(await inspector.locator("tbody tr").last().locator("td").nth(1).textContent(), "Done");
  await picture(device.page, "attempts");
  const numbers = inspector.locator("[data-number=syncs] dd");
  await until("the numbers follow", async () => /^\d+, \d+ failed$/.test(await numbers.textContent() ?? ""));
  await untilEqual(() => inspector.locator("[data-number=records] dd").textContent(), "1");
});

test("other texts are shown in their language, and a set that comes later replaces them", async (t) => {
  const device = await stage.device(t, await stage.account());
  const inspector = await inspected(device, { messages: { "lang": "de", "queue": "Warteschlange", "state.synced": "Fertig", "state.synced-ago": "Fertig, {ago}", "just-now": "gerade eben" } });
  await inspector.getByRole("heading", { name: "Warteschlange" }).waitFor();
  await untilEqual(() => device.page.locator("sync-status [part=label]").textContent(), "Fertig, gerade eben");
  await device.page.locator("sync-inspector").evaluate((element) => element.setAttribute("messages", '{ "lang": "fr", "queue": "File" }'));
  await inspector.getByRole("heading", { name: "File" }).waitFor();
});

test("the panel of the status says what is wrong and leads to the inspector, by keyboard", async (t) => {
  const { device } = await refused(t);
  const { page } = device;
  const status = page.locator("sync-status");
  await status.locator("[part=more]").focus();
  await page.keyboard.press("Enter");
  await status.getByText("1 change refused by the server").first().waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "way-out");
  await page.keyboard.press("Enter");
  await untilEqual(() => page.evaluate(() => document.activeElement?.localName ?? ""), "sync-inspector");
  await untilEqual(() => status.locator("[part=live]").textContent(), "Everything is synced. 1 change refused by the server");
});

test("an error offers its way out where the app has one, and the app may take it over", async (t) => {
  const account = await stage.account();
  const device = await stage.device(t, account, { tokens: ["no such token"] });
  await inspected(device);
  const { page } = device;
  const status = page.locator("sync-status");
  await untilEqual(() => status.getAttribute("state"), "signed-out");
  await status.locator("[part=more]").click();
  await status.getByText("The session has ended.").waitFor();
  assert.equal(await status.locator("[part=way-out]").isVisible(), false, "nobody has said that there is a way to sign in");
  await page.evaluate(() => {
    const status = /** @type {HTMLElement} */ (document.querySelector("sync-status"));
    status.setAttribute("actions", "sign-in");
    status.addEventListener("sync-action", (event) => Object.assign(window, { asked: /** @type {CustomEvent} */ (event).detail }));
  });
  await status.locator("[part=way-out]").click();
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).asked.action), "sign-in");
});

test("a pull that would delete most of a collection goes on when the user agrees in the panel", async (t) => {
  const { one } = await emptied(stage, t);
  await inspected(one);
  const status = one.page.locator("sync-status");
  await status.locator("[part=more]").click();
  await status.getByText("An unusual share of todos was deleted elsewhere.").waitFor();
  assert.equal((await one.list("todos")).length, 40);
  await status.getByRole("button", { name: "Delete here too" }).click();
  await until("the deletions are here", async () => (await one.list("todos")).length === 10);
  await untilEqual(() => status.getAttribute("state"), "synced");
});

test("a server that cannot be reached is tried again from the panel", async (t) => {
  const server = await Server.start();
  t.after(() => server.end());
  const device = await stage.device(t, await Account.register(server.url), { schedule: { backoff: { base: 60_000, max: 60_000 } } });
  await device.settled();
  await inspected(device);
  await server.kill();
  await device.put("todos", { title: "Milk" });
  const status = device.page.locator("sync-status");
  await until("the failure is known", async () => (await device.status()).error !== null);
  await server.restart();
  await status.locator("[part=more]").click();
  await status.locator("[part=way-out]").click();
  await device.settled();
});

test("elements that are taken out of the page hear and ask nothing, and go on when they are put back", async (t) => {
  const device = await stage.device(t, await stage.account());
  const inspector = await inspected(device);
  await device.settled();
  const asked = await device.run(async (db) => {
    const elements = [...document.querySelectorAll("sync-inspector, sync-status")];
    elements.forEach((element) => element.remove());
    let asked = 0;
    for (const call of ["pending", "parked", "conflicts", "storage", "metrics"]) {
      const before = db[call].bind(db);
      db[call] = () => { asked += 1; return before(); };
    }
    await db.collection("todos").put({ id: "milk", title: "Milk" });
    await db.sync();
    const during = asked;
    document.body.append(...elements);
    return during;
  });
  assert.equal(asked, 0);
  await device.setOnline(false);
  await device.update("todos", "milk", { title: "Oat milk" });
  await inspector.locator("[part=queue] li").waitFor();
});

test("no timer runs while nobody can see the elements", async (t) => {
  const device = await stage.localDevice(t);
  await device.page.evaluate(() => {
    const timers = new Set();
    const [begin, end] = [window.setInterval, window.clearInterval];
    Object.assign(window, {
      timers,
      setInterval: (/** @type {any} */ run, /** @type {number} */ every) => {
        const timer = begin(run, every);
        timers.add(timer);
        return timer;
      },
      clearInterval: (/** @type {number | undefined} */ timer) => {
        timers.delete(timer);
        end(timer);
      },
    });
  });
  await inspected(device);
  const counts = await device.page.evaluate(() => {
    const count = () => /** @type {any} */ (window).timers.size;
    const turn = (/** @type {string} */ state) => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
      return count();
    };
    const seen = [count(), turn("hidden"), turn("visible")];
    document.querySelectorAll("sync-inspector, sync-status").forEach((element) => element.remove());
    return [...seen, count(), turn("hidden"), turn("visible")];
  });
  assert.deepEqual(counts, [2, 0, 2, 0, 0, 0]);
});

test("over the port of an extension, a refused change is edited and accepted, and syncs are drawn", async (t) => {
  const account = await stage.account();
  const { page } = await startSignedIn(t, account);
  watchForErrors(page);
  await page.evaluate(async (size) => {
    await import(`${location.origin}/pkg/element-define.js`);
    const { db } = /** @type {any} */ (window);
    const [inspector, status] = [document.createElement("sync-inspector"), document.createElement("sync-status")];
    inspector.client = status.client = db;
    document.body.append(status, inspector);
    await db.collection("notes").put({ id: "large", text: "x".repeat(size) });
  }, TOO_LARGE);
  const row = page.locator("sync-inspector [part=parked] li");
  await row.waitFor();
  await row.locator("[data-action=edit]").click();
  await row.locator("textarea").fill('{ "text": "shorter" }');
  await row.locator("[data-action=save]").click();
  await untilEqual(async () => (await account.record("notes", "large"))?.data, { id: "large", text: "shorter" });
  await row.waitFor({ state: "detached" });
  await until("the syncs are drawn", async () => await page.locator("[part=chart] [data-outcome=done]").count() > 0);
  await untilEqual(() => page.locator("[data-number=records] dd").textContent(), "1");
  await untilEqual(() => page.locator("sync-status").getAttribute("state"), "synced");
  assertNoErrors(page);
});

test("in the demo a refused change is edited and accepted, another is discarded, and all of it fits every screen", async (t) => {
  const page = await openDemo(await stage.profile(t), stage.server.url);
  await signIn(page, "register", { email: `${randomUUID()}@example.org`, password: randomUUID() });
  await page.evaluate(async (size) => {
    const todos = /** @type {any} */ (globalThis).syncline.collection("todos");
    for (const id of ["one", "two"]) await todos.put({ id, title: `Number ${id}`, done: false, createdAt: 1, note: "x".repeat(size) });
  }, TOO_LARGE);
  const status = page.getByTestId("sync-status");
  await until("something was refused", async () => /refused/.test(await status.locator("[part=button]").getAttribute("title") ?? ""));
  await status.locator("[part=more]").click();
  await status.getByRole("button", { name: "Review" }).click();
  const inspector = page.getByTestId("inspector");
  await until("the inspector is in sight", () => inspector.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top < innerHeight && bottom > 0;
  }));
  const row = (/** @type {string} */ record) => inspector.locator(`[part=parked] li[data-record=${record}]`);
  await row("two").waitFor();
  await row("one").locator("[data-action=edit]").click();
  await row("one").locator("textarea").fill('{ "title": "Number one", "done": false, "createdAt": 1 }');
  // Letters typed there are no shortcuts of the demo.
  await row("one").locator("textarea").press("End");
  await page.keyboard.type(" ");
  await assertFits(page, "inspector-editing");
  await row("one").locator("[data-action=save]").click();
  await row("one").waitFor({ state: "detached" });
  await row("two").locator("[data-action=discard]").click();
  await row("two").locator("[data-action=discard]").click();
  await row("two").waitFor({ state: "detached" });
  await page.evaluate(() => /** @type {any} */ (globalThis).syncline.sync());
  await until("the time line shows syncs", async () => await inspector.locator("[part=chart] [data-outcome]").count() > 0);
  await assertFits(page, "inspector");
  await status.locator("[part=more]").click();
  await assertFits(page, "panel");
  await page.keyboard.press("Escape");
  await goTo(page, "todos");
  await page.getByText("Number one").waitFor();
  assertNoErrors(page);
});

/**
 * Nothing that axe finds is wrong for those who hear a page, see little of it, or have no mouse.
 * @param {Page} page
 * @param {string} where
 */
async function assertAccessible(page, where) {
  await page.evaluate(await readFile(AXE, "utf8"));
  const found = await page.evaluate(async (where) => {
    const { violations } = await /** @type {any} */ (window).axe.run(where, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], rules: { region: { enabled: false } } });
    return violations.map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes.map((/** @type {any} */ { html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`);
  }, where);
  assert.deepEqual(found, []);
}

test("the elements are named, operable and legible in both colour schemes, as axe sees them", async (t) => {
  const { both: { a }, row } = await inConflict(t);
  const { page } = a;
  await a.run((db, size) => db.collection("todos").put({ id: "large", title: "x".repeat(size) }).then(() => {}), TOO_LARGE);
  await page.locator("[part=parked] li [data-action=edit]").click();
  await a.setOnline(false);
  await a.put("todos", { title: "Bread" });
  await page.locator("[part=queue] li").waitFor();
  await page.locator("[part=parked] textarea").fill("no JSON");
  await page.locator("[part=parked] [data-action=save]").click();
  await row.waitFor();
  await page.getByText("All of them, as a table").click();
  await page.locator("[part=attempts] tbody tr").first().waitFor();
  await page.addStyleTag({ content: ":root { color-scheme: light dark; background: Canvas; color: CanvasText; font-family: sans-serif }" });
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme });
    await assertAccessible(page, "sync-inspector");
    await page.locator("sync-status [part=more]").click();
    await page.locator("sync-status [part=panel]").waitFor();
    await assertAccessible(page, "sync-status");
    await page.keyboard.press("Escape");
  }
});

test("a tab that follows shows the attempts of the one that syncs", async (t) => {
  const device = await stage.device(t, await stage.account());
  await device.settled();
  const follower = await Device.open(device.profile, stage.site.url, device.options);
  assert.equal((await follower.status()).leader, false);
  const inspector = await inspected(follower);
  await device.put("todos", { title: "Milk" });
  await device.run((db) => db.sync());
  await until("the attempt is drawn", async () => await inspector.locator("[part=chart] [data-outcome=done]").count() > 0);
});

test("a conflict, the queue and the panel fit every screen", async (t) => {
  const { both: { a } } = await inConflict(t);
  await a.setOnline(false);
  await a.put("todos", { title: "A todo whose title is much longer than any telephone is wide, so that it has to go somewhere", url: "x".repeat(300) });
  await a.page.locator("[part=queue] li").waitFor();
  await a.page.addStyleTag({ content: ":root { color-scheme: light dark; font-family: sans-serif }" });
  await assertFits(a.page, "conflict");
  await a.page.setViewportSize({ width: 360, height: 740 });
  await a.page.locator("sync-status [part=more]").click();
  await picture(a.page, "panel-narrow");
  const box = await a.page.locator("sync-status [part=panel]").boundingBox();
  assert.ok(box && box.x >= 0 && box.x + box.width <= 360, JSON.stringify(box));
});
