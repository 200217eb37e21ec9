// @ts-check
// The extension in Firefox, where its background is an event page: ended and woken, with its menu and its shortcut as a user has them.

import assert from "node:assert/strict";
import { after, before } from "node:test";

import { Account } from "./support/account.mjs";
import { startFirefox } from "./support/firefox.mjs";
import { Server } from "./support/server.mjs";
import { startPage } from "./support/site.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const HTML = `<!doctype html><title>Keeping bees</title><p id="text">Bees need water</p><p id="more">and flowers</p>`;

/** One Firefox for all: starting it is most of what a test takes. @type {Awaited<ReturnType<typeof startFirefox>>} */
let firefox;
/** @type {Server} */
let server;
/** @type {Account} */
let account;
/** @type {Awaited<ReturnType<typeof startPage>>} */
let site;

before(async () => {
  [firefox, server, site] = await Promise.all([startFirefox(), Server.start(),
    startPage(HTML, { "content-security-policy": "default-src 'none'; script-src 'none'; style-src 'none'" })]);
  account = await Account.register(server.url);
});
after(() => Promise.allSettled([firefox?.close(), server?.end(), site?.end()]));

/** The titles of the todos that the server has. */
async function atServer() {
  return (await account.records("todos")).map(({ data }) => data?.title).filter(Boolean).sort();
}

/** @param {string} title */
async function add(title) {
  await firefox.fill("todo-input", title);
  await firefox.click("todo-add");
  await until(`${title} is listed`, async () => (await firefox.texts("todo-title")).includes(title));
}

/** Leaves the extension's pages, whose ports would wake the background again. */
async function leave() {
  await firefox.open("about:blank");
}

/** What a page says became of its selection. */
function said() {
  return firefox.run(() => document.querySelector("[data-syncline-notice]")?.shadowRoot?.querySelector("[role=status] span")?.textContent ?? null);
}

test("Firefox takes the manifest without a warning, and has an event page for a background", async () => {
  assert.deepEqual(await firefox.warnings(), []);
  await firefox.openPage("popup");
  assert.equal(await firefox.run(async () => (await chrome.runtime.getBackgroundPage())?.constructor.name), "Window");
  await firefox.picture("extension-firefox-popup");
});

test("in Firefox nothing is synced before the user has chosen what, and then that alone", async () => {
  await firefox.openPage("newtab");
  await add("Milk");
  await firefox.click("habit-unfold");
  await firefox.fill("habit-input", "Stretch");
  await firefox.click("habit-add");
  await firefox.click("opt-in-todos");
  await firefox.click("opt-in-on");
  await firefox.fill("server-url", server.url);
  await firefox.click("sign-in-other");
  await firefox.fill("email", account.email);
  await firefox.fill("password", account.password);
  assert.deepEqual(await atServer(), []);
  await firefox.click("sign-in-submit");
  await untilEqual(atServer, ["Milk"]);
  await untilEqual(() => firefox.isShown("opt-in"), false);
  assert.deepEqual(await account.records("habits"), []);
  await firefox.picture("extension-firefox-newtab");
});

test("a todo added in the popup wakes the event page that was ended, and is sent", async () => {
  await leave();
  await firefox.endBackground();
  assert.equal(await firefox.background(), "stopped");
  await firefox.openPage("popup");
  await add("Bread");
  assert.equal(await firefox.background(), "running");
  await untilEqual(atServer, ["Bread", "Milk"]);
});

test("the event page that is ended under an open popup comes back with the next todo", async () => {
  await firefox.openPage("popup");
  await firefox.endBackground();
  await add("Butter");
  await untilEqual(atServer, ["Bread", "Butter", "Milk"]);
});

test("an alarm wakes the event page that was ended, and what waited for the server is sent", async () => {
  await firefox.openPage("popup");
  await server.kill();
  await add("Honey");
  await untilEqual(() => firefox.run(() => chrome.action.getBadgeText({})), "1");
  // The extension's own alarm, only earlier than its next attempt would be.
  await firefox.run(() => chrome.alarms.create("syncline", { when: Date.now() + 4000 }));
  await leave();
  await firefox.endBackground();
  assert.equal(await firefox.background(), "stopped");
  await server.restart();
  await untilEqual(atServer, ["Bread", "Butter", "Honey", "Milk"]);
});

test("an event page that idles is ended by Firefox itself, and woken by the popup", async () => {
  await firefox.openPage("popup");
  await leave();
  assert.equal(await firefox.background(), "running");
  await untilEqual(() => firefox.background(), "stopped");
  await firefox.openPage("popup");
  await firefox.untilTexts("todo-title", ["Honey", "Butter", "Bread", "Milk"]);
});

test("the context menu saves the selection of a page that the extension has no other access to, while the event page is ended", async () => {
  await firefox.endBackground();
  const url = site.url.replace("127.0.0.1", "bees.localhost");
  await firefox.open(url);
  await firefox.run(() => getSelection()?.selectAllChildren(/** @type {Node} */ (document.querySelector("#text"))));
  await firefox.clickRight("#text");
  await firefox.choose("Save to todos");
  await untilEqual(said, "Saved to your todos: Bees need water");
  await firefox.picture("extension-firefox-selection");
  await until("it is at the server", async () => (await atServer()).includes("Bees need water"));
  const { data } = (await account.records("todos")).find((record) => record.data?.title === "Bees need water") ?? {};
  assert.deepEqual(data.source, { title: "Keeping bees", url: `${url}/` });
});

test("the shortcut saves the selection, too", async () => {
  await firefox.run(() => getSelection()?.selectAllChildren(/** @type {Node} */ (document.querySelector("#more"))));
  assert.equal(await firefox.shortcut(), "alt,shift,S");
  await untilEqual(said, "Saved to your todos: and flowers");
});

test("in a page of Firefox, too, a content script hears what its client tells", async () => {
  await firefox.openPage("popup");
  const heard = await firefox.run(async (url) => {
    const tab = await chrome.tabs.create({ url, active: false });
    await new Promise((resolve) => chrome.tabs.onUpdated.addListener((id, { status }) => { if (id === tab.id && status === "complete") resolve(undefined); }));
    const [injected] = await chrome.scripting.executeScript({
      target: { tabId: /** @type {number} */ (tab.id) },
      args: [chrome.runtime.getURL("pkg/client.js")],
      func: async (module) => {
        const { connect } = await import(module);
        const client = await connect();
        const todos = client.collection("todos");
        const changes = new Promise((resolve) => client.addEventListener("change", (/** @type {CustomEvent} */ { detail }) => resolve(detail.collection), { once: true }));
        /** @type {string[]} */
        const states = [];
        const stop = client.subscribe((/** @type {{ state: string }} */ { state }) => states.push(state));
        const live = new Promise((resolve) => todos.live({ where: { title: "Wax" } }).subscribe((/** @type {unknown[]} */ docs) => { if (docs.length > 0) resolve(docs.length); }));
        await todos.put({ title: "Wax", done: false, createdAt: Date.now() });
        const said = [await changes, await live, states.length > 0, (await todos.count({ where: { title: "Wax" } }))];
        stop();
        await client.close();
        return said;
      },
    });
    await chrome.tabs.remove(/** @type {number} */ (tab.id));
    return injected?.result;
  }, site.url);
  assert.deepEqual(heard, ["todos", 1, true, 1]);
});
