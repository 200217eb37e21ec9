// @ts-check
// Browsers of every engine by WebDriver, with pages that `Device` takes for Playwright's. Knows nothing of the package.

import * as firefox from "../../../bench/engines/firefox.mjs";
import * as webdriver from "../../../bench/engines/webdriver.mjs";
import * as webkit from "../../../bench/engines/webkit.mjs";
import { CHROMIUM } from "./places.mjs";
import { ARGUMENTS } from "./stage.mjs";
import { until } from "./until.mjs";

/** @typedef {"chromium" | "firefox" | "webkit"} Name */
/** @typedef {Awaited<ReturnType<typeof startEngine>>} Engine */

/** Has Firefox stop a service worker that idles, and leave one alone that is at work. */
const FIREFOX = { "dom.serviceWorkers.idle_timeout": 500 };

/** @type {{ [name in Name]: (settings: object) => Promise<webdriver.DrivenBrowser> }} */
const STARTS = {
  chromium: () => webdriver.start({
    program: "chromedriver",
    args: (port) => [`--port=${port}`],
    capabilities: { browserName: "chrome", "goog:chromeOptions": { binary: CHROMIUM, args: [...ARGUMENTS, "--headless=new", "--disable-gpu"] } },
  }),
  firefox: (prefs) => firefox.start({ ...FIREFOX, ...prefs }),
  webkit: () => /** @type {Promise<any>} */ (webkit.start()),
};

/** The engines that are tried: WebKit where `cargo xtask test` found it. @type {Name[]} */
export const ENGINES = ["chromium", "firefox", ...(process.env.SYNCLINE_WEBKIT ? /** @type {const} */ (["webkit"]) : [])];

/**
 * Starts a browser with a profile of its own.
 * @param {Name} name
 * @param {object} [settings] preferences of Firefox
 */
export async function startEngine(name, settings = {}) {
  const browser = await STARTS[name](settings);
  return {
    name,
    version: browser.version,
    /** What `Device` takes for a profile. */
    profile: { newPage: async () => new EnginePage(await browser.page("about:blank")) },
    end: () => browser.close().catch(() => {}),
  };
}

/** A tab, with those of Playwright's methods that `Device` calls. */
export class EnginePage {
  #page;

  /** @param {webdriver.DrivenPage} page */
  constructor(page) {
    this.#page = page;
  }

  /** @param {string} url */
  async goto(url) {
    await this.#page.command("POST", "/url", { url });
  }

  /** As the user does it: WebDriver's own way round asks past the service worker in Firefox. */
  async reload() {
    await this.evaluate(() => void Object.assign(window, { isLeft: true }));
    await this.evaluate(() => void setTimeout(() => location.reload()));
    await this.#arrived();
  }

  /** Back or forward in the tab's history. @param {"back" | "forward"} way */
  async move(way) {
    await this.#page.command("POST", `/${way}`);
  }

  async #arrived() {
    await until("the page is there", () => this.evaluate(() => !(/** @type {any} */ (window).isLeft) && document.readyState === "complete").catch(() => false));
  }

  /** @param {string} text of an expression */
  async waitForFunction(text) {
    await until(text, () => this.#page.evaluate(`() => ${text}`).catch(() => false));
  }

  /**
   * @template T
   * @param {(arg: any) => T | Promise<T>} ask
   * @param {unknown} [arg]
   * @returns {Promise<T>}
   */
  evaluate(ask, arg) {
    return this.#page.evaluate(String(ask), arg);
  }

  close() {
    return this.#page.close();
  }
}
