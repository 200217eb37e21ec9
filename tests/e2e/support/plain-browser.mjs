// @ts-check
// A Chromium that is told what to do over a pipe and attaches to nothing by itself: its service workers live as long as they do
// for users (one that a debugger is attached to never idles). Judges nothing.

import { spawn } from "node:child_process";
import { once } from "node:events";

import { until } from "./until.mjs";

const ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--remote-debugging-pipe"];

/** @typedef {Awaited<ReturnType<typeof startPlain>>} PlainBrowser */
/** @typedef {Awaited<ReturnType<PlainBrowser["page"]>>} PlainPage */

/**
 * @param {string} program
 * @param {string} profile its folder
 * @param {string} extension the folder of an extension
 */
export async function startPlain(program, profile, extension) {
  const loading = [`--disable-extensions-except=${extension}`, `--load-extension=${extension}`, `--user-data-dir=${profile}`];
  // A group of its own, so that all of its processes can be killed at once.
  const browser = spawn(program, [...ARGUMENTS, ...loading, "about:blank"], { detached: true, stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const ended = once(browser, "exit");
  const [, , , orders, answers] = /** @type {[any, any, any, import("node:stream").Writable, import("node:stream").Readable]} */ (/** @type {unknown} */ (browser.stdio));
  orders.on("error", () => {});
  /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
  const waiting = new Map();
  /** @type {((message: any) => void)[]} */
  const listeners = [];
  let last = 0;
  let text = "";
  answers.setEncoding("utf8").on("data", (part) => {
    const messages = (text + part).split("\0");
    text = messages.pop() ?? "";
    for (const message of messages.map((message) => JSON.parse(message))) {
      const asked = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) asked?.reject(new Error(message.error.message));
      else if (asked) asked.resolve(message.result);
      else listeners.forEach((listener) => listener(message));
    }
  });
  void ended.then(() => waiting.forEach(({ reject }) => reject(new Error("the browser ended"))));

  /**
   * @param {string} method
   * @param {object} [params]
   * @param {string} [sessionId]
   * @returns {Promise<any>}
   */
  function send(method, params = {}, sessionId) {
    return new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      orders.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
    });
  }

  /** The addresses of the service workers that run. @returns {Promise<string[]>} */
  async function workers() {
    const { targetInfos } = await send("Target.getTargets", { filter: [{}] });
    return targetInfos.filter((/** @type {any} */ { type }) => type === "service_worker").map((/** @type {any} */ { url }) => url);
  }

  return {
    workers,
    /** @returns {Promise<string>} */
    version: async () => (await send("Browser.getVersion")).product,
    /** @param {string} url */
    async page(url) {
      const { targetId } = await send("Target.createTarget", { url });
      const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
      /**
       * Runs a function in the page, which sees nothing else of the test.
       * @template T, A
       * @param {(arg: A) => T | Promise<T>} ask
       * @param {A} [arg]
       * @returns {Promise<T>}
       */
      async function run(ask, arg) {
        const expression = `(${ask})(${JSON.stringify(arg)})`;
        const { result, exceptionDetails: wrong } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, sessionId);
        if (wrong) throw new Error(wrong.exception?.description ?? wrong.text);
        return result.value;
      }
      await until(`${url} is ready`, () => run(() => /** @type {any} */ (window).isReady).catch(() => false));
      return {
        run,
        /**
         * Gives the page a function that tells the test a text.
         * @param {string} name
         * @param {(text: string) => void} hear
         */
        async bind(name, hear) {
          listeners.push(({ method, params, sessionId: from }) => {
            if (method === "Runtime.bindingCalled" && from === sessionId && params.name === name) hear(params.payload);
          });
          await send("Runtime.enable", {}, sessionId);
          await send("Runtime.addBinding", { name }, sessionId);
        },
        /** Stops all service workers, as the browser does when they idle. */
        async stopWorkers() {
          await send("ServiceWorker.enable", {}, sessionId);
          await send("ServiceWorker.stopAllWorkers", {}, sessionId);
          await until("no service worker runs", async () => (await workers()).length === 0);
        },
        show: () => send("Target.activateTarget", { targetId }),
        close: () => send("Target.closeTarget", { targetId }),
      };
    },
    /** Kills every process of it, as the system does that is out of memory. */
    async kill() {
      if (browser.exitCode === null && browser.signalCode === null && browser.pid !== undefined) process.kill(-browser.pid, "SIGKILL");
      await ended;
    },
  };
}
