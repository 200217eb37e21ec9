// @ts-check
// The extension in Firefox, where the background is an event page: commanded by geckodriver, as a user and as the browser itself. Checks nothing.

import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { drive } from "../../../bench/engines/webdriver.mjs";
import { FIREFOX, FIREFOX_EXTENSION, PICTURES } from "./places.mjs";
import { until, untilEqual } from "./until.mjs";

const ID = "syncline@example.org";
/** Milliseconds that the event page may idle, instead of Firefox's 30 seconds. */
const IDLE = 4000;
/** How WebDriver names an element in JSON: https://www.w3.org/TR/webdriver2/#elements */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

/** Runs a function that may be asynchronous, and hands over what it gives or throws. */
const CALL = "const [args, done] = arguments; Promise.resolve().then(() => (FUNCTION)(...args)).then((value) => done({ value: value ?? null }), (thrown) => done({ thrown: String(thrown) + String(thrown?.stack) }));";

/**
 * Starts Firefox with an extension installed for this session: the sample, or another one.
 * @param {string} extension its folder
 * @param {string} id what its manifest calls it
 */
export async function startFirefox(extension = FIREFOX_EXTENSION, id = ID) {
  const uuid = randomUUID();
  const { session, close } = await drive({
    program: "geckodriver",
    // The browser's own scripts are asked whether the event page runs; nothing else tells.
    args: (port) => ["--port", String(port), "--allow-system-access"],
    capabilities: {
      browserName: "firefox",
      "moz:firefoxOptions": {
        binary: FIREFOX,
        args: ["-headless"],
        prefs: { "extensions.webextensions.uuids": JSON.stringify({ [id]: uuid }), "extensions.background.idle.timeout": IDLE },
      },
    },
  });
  try {
    await session("POST", "/timeouts", { script: 60_000, pageLoad: 60_000 });
    await session("POST", "/moz/addon/install", { path: extension, temporary: true });
  } catch (thrown) {
    await close();
    throw thrown;
  }

  /** @param {(...args: any[]) => any} run @param {unknown[]} args */
  async function run(run, ...args) {
    const { value, thrown } = await session("POST", "/execute/async", { script: CALL.replace("FUNCTION", () => String(run)), args: [args] });
    if (thrown !== undefined) throw new Error(thrown);
    return value;
  }

  /** The same in the browser's own window. @param {(...args: any[]) => any} script @param {unknown[]} args */
  async function asBrowser(script, ...args) {
    await session("POST", "/moz/context", { context: "chrome" });
    return run(script, ...args).finally(() => session("POST", "/moz/context", { context: "content" }));
  }

  /** @param {string} selector */
  async function find(selector) {
    const found = await until(`there is ${selector}`, async () => (await session("POST", "/elements", { using: "css selector", value: selector }))[0]);
    return { path: `/element/${found[ELEMENT]}`, reference: found };
  }
  const marked = (/** @type {string} */ testid) => `[data-testid="${testid}"]`;

  return {
    /** Where the extension's pages are. */
    origin: `moz-extension://${uuid}`,
    close,
    run,
    asBrowser,
    /** @param {string} url */
    open: (url) => session("POST", "/url", { url }),
    /** Opens a page of the extension. @param {"popup" | "newtab"} name */
    async openPage(name) {
      await session("POST", "/url", { url: `moz-extension://${uuid}/${name}.html` });
      await find(marked("todo-input"));
    },
    /** @param {string} testid */
    async click(testid) {
      await session("POST", `${(await find(marked(testid))).path}/click`);
    },
    /** @param {string} testid @param {string} text In place of what is there. */
    async fill(testid, text) {
      const { path } = await find(marked(testid));
      await session("POST", `${path}/clear`);
      await session("POST", `${path}/value`, { text });
    },
    /** What the elements of that name say. @param {string} testid */
    texts: (testid) => run((selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent), marked(testid)),
    /** Whether an element of that name is seen. @param {string} testid */
    isShown: (testid) => run((selector) => document.querySelector(selector)?.checkVisibility() ?? false, marked(testid)),
    /** Clicks the middle of an element with the other button of the mouse. @param {string} selector */
    async clickRight(selector) {
      const { reference } = await find(selector);
      const move = { type: "pointerMove", duration: 0, x: 0, y: 0, origin: reference };
      const press = (/** @type {string} */ type) => ({ type, button: 2 });
      await session("POST", "/actions", { actions: [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions: [move, press("pointerDown"), press("pointerUp")] }] });
    },
    /** Chooses an entry of the context menu that is shown. @param {string} label */
    async choose(label) {
      const choice = (/** @type {string} */ label) => {
        const menu = /** @type {any} */ (document.getElementById("contentAreaContextMenu"));
        const item = [...menu.querySelectorAll("menuitem")].find((item) => item.getAttribute("label") === label && !item.hidden);
        if (menu.state !== "open" || !item) return false;
        menu.activateItem(item);
        return true;
      };
      await until(`the menu offers ${label}`, () => asBrowser(choice, label));
    },
    /** Runs the command of the extension's shortcut, which a driver's keys do not reach, and says which keys it is bound to. */
    shortcut: () => asBrowser(() => {
      const key = /** @type {any} */ (document.querySelector("keyset[id^=ext-keyset] key"));
      key.doCommand();
      return `${key.getAttribute("modifiers")},${key.getAttribute("key")}`;
    }),
    /** What Firefox warned of when it read the manifest. @returns {Promise<string[]>} */
    warnings: () => asBrowser((id) => /** @type {any} */ (globalThis).WebExtensionPolicy.getByID(id).extension.warnings, id),
    /** Whether the event page runs. @returns {Promise<"running" | "stopped" | "starting">} */
    background: () => asBrowser((id) => /** @type {any} */ (globalThis).WebExtensionPolicy.getByID(id).extension.backgroundState, id),
    /** Ends the event page, as the browser does when it idles. */
    async endBackground() {
      await asBrowser((id) => /** @type {any} */ (globalThis).WebExtensionPolicy.getByID(id).extension.terminateBackground(), id);
    },
    /** @param {string} name */
    async picture(name) {
      if (!PICTURES) return;
      await mkdir(PICTURES, { recursive: true });
      await writeFile(path.join(PICTURES, `${name}.png`), Buffer.from(await session("GET", "/screenshot"), "base64"));
    },
    /** @param {string} testid @param {string[]} expected */
    untilTexts(testid, expected) {
      return untilEqual(() => this.texts(testid), expected);
    },
  };
}
