// @ts-check
/**
 * The class of `<sync-inspector>`: what waits, what was refused, what is to be decided, what was tried, and numbers.
 * Does not define the element (`../element-define.js` does); each section is a file of its own.
 */
import { attemptsSection } from "./attempts-section.js";
import { Attempts } from "./attempts.js";
import { SyncElement } from "./base.js";
import { conflictsSection } from "./conflicts-section.js";
import { fill, h, shadow, write } from "./dom.js";
import { INSPECTOR_CSS } from "./inspector-css.js";
import { numbersSection } from "./numbers-section.js";
import { parkedSection } from "./parked-section.js";
import { queueSection } from "./queue-section.js";

/** @typedef {import("./base.js").Client} Client */

/** Milliseconds between two looks at the queue while much happens. */
const REST = 200;
/** Milliseconds between two looks at storage, which counts records. */
const LONG_REST = 2000;

export class SyncInspectorElement extends SyncElement {
  #attempts = new Attempts();
  /** @type {ReturnType<typeof parts> | undefined} */ #parts;
  /** @type {ShadowRoot | undefined} */ #root;
  #resized = typeof ResizeObserver === "undefined" ? undefined : new ResizeObserver(() => this.render());
  #lists = throttled(() => this.#look((client, view) => this.#renderLists(client, view)), REST);
  #numbers = throttled(() => this.#look((client, view) => this.#renderNumbers(client, view)), LONG_REST);

  /** @protected */
  build() {
    this.#root = shadow(this, INSPECTOR_CSS);
    if (!this.hasAttribute("tabindex")) this.tabIndex = -1;
    if (!this.hasAttribute("role")) this.setAttribute("role", "region");
    this.rebuild();
  }

  /** @protected */
  rebuild() {
    if (!this.#root) return;
    this.#resized?.disconnect();
    this.#parts = parts(this.words, (work) => this.#act(work));
    fill(/** @type {any} */ (this.#root), this.#parts.element);
    this.#resized?.observe(this.#parts.attempts.drawn);
    this.#parts.attempts.listed.addEventListener("toggle", () => this.render());
    this.setAttribute("aria-label", this.words.say("inspector"));
    this.#lists.call();
    this.#numbers.call();
  }

  /** @protected */
  render() {
    this.#parts?.attempts.render(this.#attempts.all, Date.now());
  }

  /**
   * @protected
   * @param {Client} client
   */
  follow(client) {
    this.#attempts = new Attempts();
    const heard = new AbortController();
    const { signal } = heard;
    const looking = () => {
      this.render();
      this.#lists.call();
      this.#numbers.call();
    };
    const stop = client.subscribe((status) => {
      this.#attempts.handleStatus(status, Date.now());
      looking();
    });
    client.addEventListener("sync", ({ detail }) => {
      this.#attempts.handleReport(detail, Date.now());
      looking();
    }, { signal });
    client.addEventListener("error", ({ detail }) => {
      this.#attempts.handleError(detail, Date.now());
      looking();
    }, { signal });
    for (const kind of /** @type {const} */ (["change", "conflict", "parked"])) client.addEventListener(kind, looking, { signal });
    return () => {
      stop();
      heard.abort();
      this.#lists.stop();
      this.#numbers.stop();
    };
  }

  /**
   * Reads something of the client and shows it; what has been closed meanwhile is not shown.
   * @param {(client: Client, view: ReturnType<typeof parts>) => Promise<void>} read
   */
  async #look(read) {
    const [client, view] = [this.client, this.#parts];
    if (!client || !view || !this.isConnected) return;
    try {
      await read(client, view);
    } catch (thrown) {
      if (client === this.client && this.isConnected) this.#complain(thrown);
    }
  }

  /**
   * @param {Client} client
   * @param {ReturnType<typeof parts>} view
   */
  async #renderLists(client, view) {
    const [pending, parked, conflicts] = await Promise.all([client.pending(), client.parked(), client.conflicts()]);
    if (client !== this.client || view !== this.#parts) return;
    view.queue.render(pending);
    view.parked.render(parked);
    view.conflicts.render(conflicts);
  }

  /**
   * @param {Client} client
   * @param {ReturnType<typeof parts>} view
   */
  async #renderNumbers(client, view) {
    // The metrics of a client over a port come from elsewhere.
    const [storage, metrics] = await Promise.all([client.storage(), client.metrics()]);
    if (client === this.client && view === this.#parts) view.numbers.render(storage, metrics);
  }

  /** @type {import("./section.js").Act} */
  async #act(work) {
    const { client } = this;
    if (!client) return false;
    try {
      await work(client);
      if (this.#parts) write(this.#parts.problem, "");
      return true;
    } catch (thrown) {
      this.#complain(thrown);
      return false;
    } finally {
      this.#lists.call();
    }
  }

  /** @param {unknown} thrown */
  #complain(thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    if (this.#parts) write(this.#parts.problem, this.words.say("problem", { message }));
  }
}

/**
 * @param {import("./words.js").Words} words
 * @param {import("./section.js").Act} act
 */
function parts(words, act) {
  const problem = h("p", { part: "problem", role: "alert" });
  const [attempts, conflicts, parked, queue, numbers] =
    [attemptsSection(words), conflictsSection(words, act), parkedSection(words, act), queueSection(words, act), numbersSection(words)];
  const element = h("div", { part: "body" }, problem, ...[conflicts, parked, queue, attempts, numbers].map((section) => section.element));
  return { element, problem, attempts, conflicts, parked, queue, numbers };
}

/**
 * Calls at once, and then no more often than every so many milliseconds, with a last call for what came meanwhile.
 * @param {() => Promise<void>} run
 * @param {number} rest
 */
function throttled(run, rest) {
  let [isAsked, isRunning] = [false, false];
  async function call() {
    isAsked = true;
    if (isRunning) return;
    isRunning = true;
    while (isAsked) {
      isAsked = false;
      await run();
      await new Promise((resolve) => setTimeout(resolve, rest));
    }
    isRunning = false;
  }
  return {
    call: () => void call(),
    stop() {
      isAsked = false;
    },
  };
}
