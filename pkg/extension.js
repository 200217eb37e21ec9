// @ts-check
// The background of an extension: a service worker in Chrome, an event page in Firefox. Wakes, syncs and serves; the API is
// documented in extension.d.ts. Decides neither when to sync (the engine) nor for when the alarm is (extension/alarm.js).

import { SOONEST, decideAlarm, isStale } from "./extension/alarm.js";
import { SynclineError, invalidArgument } from "./errors.js";
import { open } from "./index.js";
import { extensionApi } from "./extension/namespace.js";
import { Ports, plain } from "./extension/ports.js";
import { Touched } from "./extension/touched.js";

export { SynclineError };

/** @typedef {import("./index.js").Options<any>} Options */
/** @typedef {import("./index.js").Status} Status */
/** @typedef {import("./extension/ports.js").Opened} Opened */
/** @typedef {Opened & {pollInterval: number}} Running */

/** Milliseconds between polls while nobody looks. */
const SELDOM = 300_000;
/** Milliseconds after which it syncs again while somebody looks; how often it sees to that; and after which it does when somebody comes. */
const [OFTEN, TICK, ARRIVAL] = [15_000, 5_000, 5_000];
/** What the error says that tells of null for options. */
const NOTHING = { reason: "nothing-to-open" };
const COLOR = "#0b6b60";

/** @type {typeof import("./extension.js").background} */
export function background(options, settings = {}) {
  const background = new Background(/** @type {any} */ (options), settings);
  background.listen();
  return {
    client: async () => /** @type {any} */ ((await background.opened()).client),
    reopen: () => background.reopen(),
    close: () => background.close(),
  };
}

class Background {
  #options;
  #alarm;
  #budgetMs;
  #badge;
  #port;
  #api = backgroundApi();
  #ports = new Ports(() => this.opened());
  /** @type {Promise<Running> | undefined} */
  #opening;
  /** The moment that the alarm is armed for; undefined: not known yet. @type {number | null | undefined} */
  #armed;
  #shown = "";

  /**
   * @param {Options | (() => Options | null | Promise<Options | null>)} options
   * @param {import("./extension.js").BackgroundSettings} settings
   */
  constructor(options, { alarm = "syncline", budgetMs = 25_000, badge = true, port = "syncline" }) {
    if (!(Number.isFinite(budgetMs) && budgetMs > 0)) throw invalidArgument("budgetMs", "must be a number of milliseconds above 0");
    this.#options = options;
    this.#alarm = alarm;
    this.#budgetMs = budgetMs;
    this.#badge = badge;
    this.#port = port;
  }

  /** Registers what wakes the background. Only what is registered at once is heard by the event that woke it. */
  listen() {
    const { runtime, alarms } = this.#api;
    runtime.onConnect.addListener((port) => {
      if (port.name === this.#port) {
        // Opened only now, it syncs by itself, unless the server has asked for patience.
        if (this.#opening) void this.#freshen(ARRIVAL);
        this.#ports.accept(port);
      }
    });
    runtime.onMessage.addListener((message, _sender, answer) => {
      if (message?.syncline !== this.#port) return false;
      this.#sync().then((status) => answer({ status }), (thrown) => answer({ error: plain(thrown) }));
      // Keeps the channel open until there is an answer.
      return true;
    });
    alarms.onAlarm.addListener(({ name }) => {
      if (name === this.#alarm) {
        this.#armed = null;
        this.#wake();
      }
    });
    runtime.onInstalled.addListener(() => this.#wake());
    runtime.onStartup.addListener(() => this.#wake());
    void this.#rearm();
    // Ends nobody's sleep: a worker that nothing else keeps awake is ended before it comes to this.
    setInterval(() => this.#ports.isWatched() && void this.#freshen(OFTEN), TICK);
  }

  /** The open database; opened where it is not. @returns {Promise<Running>} */
  opened() {
    const opening = (this.#opening ??= this.#open().catch((thrown) => {
      if (this.#opening === opening) this.#opening = undefined;
      throw thrown;
    }));
    return opening;
  }

  async reopen() {
    await this.close();
    this.#wake();
  }

  async close() {
    const opening = this.#opening;
    this.#opening = undefined;
    await this.#ports.restart();
    const opened = await opening?.catch(() => undefined);
    await opened?.client.close();
    this.#showBadge({ text: "" });
  }

  async #open() {
    const given = typeof this.#options === "function" ? await this.#options() : this.#options;
    if (given === null || given === undefined) {
      throw new SynclineError("closed", "the background has nothing to open yet (its options are null): nobody is signed in, say", true, NOTHING);
    }
    // A live channel and polls that follow closely would never let a worker rest; an alarm wakes it instead.
    const schedule = { live: false, pollInterval: SELDOM, ...given.schedule };
    const client = await open({ ...given, schedule });
    const of = JSON.stringify([given.name, given.account ?? null, client.device]);
    const opened = { client, of, collections: Object.keys(given.collections), touched: new Touched(client), pollInterval: schedule.pollInterval };
    client.subscribe((status) => this.#handleStatus(opened, status));
    return opened;
  }

  /** Syncs within the budget, and gives the status after that. */
  async #sync() {
    const { client } = await this.opened();
    await client.sync({ budgetMs: this.#budgetMs });
    return client.status;
  }

  /** Syncs; what goes wrong is in the status, and is tried again when the alarm rings. */
  #wake() {
    this.#sync().catch((thrown) => {
      if (thrown?.details === NOTHING) this.#disarm();
      else if (this.#armed === null) this.#arm(Date.now() + SOONEST);
    });
  }

  /**
   * Syncs where the last time is a while ago: somebody looks.
   * @param {number} age milliseconds
   */
  async #freshen(age) {
    const opened = await this.opened().catch(() => undefined);
    if (opened === undefined) return;
    if (isStale(opened.client.status, Date.now() - age)) this.#wake();
  }

  /**
   * @param {Running} opened
   * @param {Status} status
   */
  #handleStatus({ pollInterval }, status) {
    const at = decideAlarm({ status, now: Date.now(), armed: this.#armed ?? null, pollInterval });
    if (at === null) this.#disarm();
    else if (at !== undefined) this.#arm(at);
    const badge = typeof this.#badge === "function" ? this.#badge(status) : badgeOf(status);
    this.#showBadge(badge);
  }

  /** Alarms do not always outlive an update or a restart of the browser: where there is none, one is made to look. */
  async #rearm() {
    const alarm = await this.#api.alarms.get(this.#alarm);
    if (this.#armed !== undefined) return;
    if (alarm) this.#armed = alarm.scheduledTime;
    else this.#arm(Date.now() + SOONEST);
  }

  /** @param {number} at */
  #arm(at) {
    this.#armed = at;
    void this.#api.alarms.create(this.#alarm, { when: at });
  }

  #disarm() {
    this.#armed = null;
    void this.#api.alarms.clear(this.#alarm);
  }

  /**
   * Only what is another than it was: each call of an extension's API keeps its worker awake.
   * @param {{text: string, color?: string}} badge
   */
  #showBadge({ text, color = COLOR }) {
    const { action } = this.#api;
    const shown = `${text} ${color}`;
    if (this.#badge === false || !action || shown === this.#shown) return;
    this.#shown = shown;
    void action.setBadgeText({ text });
    void action.setBadgeBackgroundColor({ color });
  }
}

/** @param {Status} status */
function badgeOf({ pending }) {
  return { text: pending === 0 ? "" : pending > 999 ? "999+" : String(pending) };
}

/** @returns {{runtime: typeof chrome.runtime, alarms: typeof chrome.alarms, action?: typeof chrome.action}} */
function backgroundApi() {
  const api = extensionApi();
  if (!api?.runtime?.onConnect) throw invalidArgument("background", "is called in the background of an extension");
  if (!api.alarms) throw invalidArgument("permissions", "the manifest has to name `alarms`: without them nothing wakes the background for the next attempt");
  return api;
}
