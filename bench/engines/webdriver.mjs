// @ts-check
// A client of W3C WebDriver (https://www.w3.org/TR/webdriver2/), as much of it as benchmarks and tests need. Knows no browser.

import { spawn } from "node:child_process";
import { request } from "node:http";
import { createServer } from "node:net";

import { GLOBAL } from "./engine.mjs";

/** How long a driver may take to start, and how often it is asked meanwhile. */
const PATIENCE = { total: 20_000, step: 100 };

/** Runs a function in the page and reports to WebDriver's callback, which is the last argument. */
const CALL = `
  const [text, given, done] = arguments;
  Promise.resolve().then(() => (0, eval)("(" + text + ")")(...given))
    .then((value) => done({ value: value ?? null }), (thrown) => done({ error: [thrown, thrown?.stack].join("\\n") }));
`;

/**
 * @typedef {object} Driver
 * @property {string} program
 * @property {(port: number) => string[]} args
 * @property {Record<string, string>} [env]
 * @property {object} capabilities
 */

/**
 * A page, and what a test does with it beyond a benchmark: `evaluate` runs a function, given as text, and gives what it
 * resolves to; `command` sends one of WebDriver's own, such as `POST /back`.
 * @typedef {import("./engine.mjs").Page & {
 *   evaluate: (text: string, ...args: unknown[]) => Promise<any>,
 *   command: (method: string, path: string, body?: object) => Promise<any>,
 * }} DrivenPage
 */

/** @typedef {Omit<import("./engine.mjs").Browser, "page"> & { page: (url: string) => Promise<DrivenPage> }} DrivenBrowser */

/**
 * Starts a driver and a browser with it.
 * @param {Driver} driver
 * @returns {Promise<DrivenBrowser>}
 */
export async function start(driver) {
  const { session, close, opened } = await drive(driver);
  try {
    await session("POST", "/timeouts", { script: 3_600_000, pageLoad: 60_000 });
    const home = await session("GET", "/window");
    const inTurn = turns();
    return {
      version: `${opened.browserName} ${opened.browserVersion}`,
      page: (url) => page(session, inTurn, home, url),
      close,
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/**
 * Starts a driver and a browser with it, to be commanded as one likes.
 * @param {Driver} driver
 * @returns {Promise<{ session: (method: string, path: string, body?: object) => Promise<any>, opened: any, close: () => Promise<void> }>} `opened` are the capabilities.
 */
export async function drive({ program, args, env, capabilities }) {
  const port = await freePort();
  const child = spawn(program, args(port), { stdio: "ignore", env: { ...process.env, ...env } });
  const failed = new Promise((_resolve, reject) => child.once("error", reject));
  const send = (/** @type {string} */ method, /** @type {string} */ path, /** @type {object} */ body = {}) => ask(port, method, path, body);
  try {
    await Promise.race([ready(send), failed]);
    const opened = await send("POST", "/session", { capabilities: { alwaysMatch: capabilities } });
    const session = (/** @type {string} */ method, /** @type {string} */ path, /** @type {object} */ body = {}) =>
      send(method, `/session/${opened.sessionId}${path}`, body);
    return {
      session,
      opened: opened.capabilities,
      close: async () => {
        await session("DELETE", "").finally(() => child.kill());
      },
    };
  } catch (thrown) {
    child.kill();
    throw thrown;
  }
}

/** Lets one after the other at what all share: the window that a driver's commands are for. */
function turns() {
  let last = /** @type {Promise<unknown>} */ (Promise.resolve());
  return (/** @type {() => Promise<any>} */ act) => {
    const acting = last.then(act);
    last = acting.catch(() => {});
    return acting;
  };
}

/**
 * @param {(method: string, path: string, body?: object) => Promise<any>} session
 * @param {(act: () => Promise<any>) => Promise<any>} inTurn
 * @param {string} home the window that stays
 * @param {string} url
 * @returns {Promise<DrivenPage>}
 */
async function page(session, inTurn, home, url) {
  const handle = await inTurn(async () => {
    const opened = await session("POST", "/window/new", { type: "tab" });
    await session("POST", "/window", { handle: opened.handle });
    await session("POST", "/url", { url });
    return opened.handle;
  });
  const command = (/** @type {string} */ method, /** @type {string} */ path, /** @type {object} */ body = {}) =>
    inTurn(async () => {
      await session("POST", "/window", { handle });
      return session(method, path, body);
    });
  const evaluate = async (/** @type {string} */ text, /** @type {unknown[]} */ ...args) => {
    const said = await command("POST", "/execute/async", { script: CALL, args: [text, args] });
    if (said.error !== undefined) {
      throw new Error(said.error);
    }
    return said.value;
  };
  return {
    evaluate,
    command,
    call: (name, ...args) => evaluate("(object, method, given) => globalThis[object][method](...given)", GLOBAL, name, args),
    heap: async () => null,
    close: async () => {
      await command("DELETE", "/window");
      await inTurn(() => session("POST", "/window", { handle: home }));
    },
  };
}

/** @param {(method: string, path: string) => Promise<any>} send */
async function ready(send) {
  for (let waited = 0; ; waited += PATIENCE.step) {
    try {
      return await send("GET", "/status");
    } catch (thrown) {
      if (waited >= PATIENCE.total) {
        throw thrown;
      }
      await new Promise((resolve) => setTimeout(resolve, PATIENCE.step));
    }
  }
}

/**
 * One command. Not by `fetch`: it gives up after five minutes.
 * @param {number} port
 * @param {string} method
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>}
 */
function ask(port, method, path, body) {
  const text = method === "POST" ? JSON.stringify(body) : "";
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, method, path, headers }, async (response) => {
      let said = "";
      for await (const part of response.setEncoding("utf8")) {
        said += part;
      }
      const { value } = JSON.parse(said);
      if (response.statusCode === 200) {
        resolve(value);
      } else {
        reject(new Error(`${method} ${path}: ${value?.error}: ${value?.message}`));
      }
    });
    asked.on("error", reject).end(text);
  });
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}
