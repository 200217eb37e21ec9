// @ts-check
/**
 * What the elements have in common: a client, a language, and a life between being connected and disconnected.
 * Draws nothing.
 */
import { ENGLISH, Words } from "./words.js";

/** @typedef {import("../index.js").Syncline<any>} Client */
/** @typedef {import("../index.js").Status} Status */
/** @typedef {import("./messages.js").Messages} Messages */

// A module for pages may be imported where there is no DOM: by a test runner, a bundler, a service worker.
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

/** Milliseconds between two renderings of "2 min. ago". */
const TICK = 15_000;

/** An element that follows a client while it is connected. */
export class SyncElement extends Base {
  static observedAttributes = ["messages"];

  /** @type {Client | null} */ #client = null;
  /** @type {Messages | null} */ #messages = null;
  /** @type {(() => void)[]} */ #ends = [];
  #isBuilt = false;

  /** @type {Status | null} @protected */ status = null;
  /** @protected */ words = ENGLISH;

  /** The client that is followed. @returns {Client | null} */
  get client() {
    return this.#client;
  }

  set client(client) {
    if (client === this.#client) return;
    this.#stop();
    this.#client = client ?? null;
    this.status = null;
    if (this.isConnected) this.#start();
  }

  /** Texts in place of the English ones, or null. The attribute of this name holds them as JSON. @returns {Messages | null} */
  get messages() {
    return this.#messages;
  }

  set messages(messages) {
    this.#messages = messages ?? null;
    this.#speak();
  }

  connectedCallback() {
    // A property set before the element was defined would hide the accessor of the class.
    for (const name of /** @type {const} */ (["messages", "client"])) {
      if (!Object.hasOwn(this, name)) continue;
      const early = this[name];
      Reflect.deleteProperty(this, name);
      Object.assign(this, { [name]: early });
    }
    this.#speak();
    this.#start();
  }

  disconnectedCallback() {
    this.#stop();
  }

  /**
   * @param {string} name
   * @param {string | null} _before
   * @param {string | null} value
   */
  attributeChangedCallback(name, _before, value) {
    if (name === "messages") this.messages = value === null ? null : parsed(value);
    else if (this.#isBuilt) this.render();
  }

  /** Makes what is shown, once. @protected */
  build() {}

  /** Makes anew what holds texts, which are others now. @protected */
  rebuild() {}

  /** Brings what is shown up to date. @protected */
  render() {}

  /** Listens to more than the status. Gives what ends that. @protected @param {Client} _client @returns {() => void} */
  follow(_client) {
    return () => {};
  }

  #speak() {
    if (!this.isConnected) return;
    this.words = this.#messages ? new Words(this.#messages, langOf(this)) : ENGLISH;
    if (this.#isBuilt) this.rebuild();
    else this.build();
    this.#isBuilt = true;
    this.render();
  }

  #start() {
    const client = this.#client;
    this.render();
    if (!client || this.#ends.length > 0) return;
    this.#ends = [
      ticking(() => this.render()),
      this.follow(client),
      client.subscribe((status) => {
        this.status = status;
        this.render();
      }),
    ];
  }

  #stop() {
    this.#ends.splice(0).forEach((end) => end());
  }
}

/**
 * Calls back every now and then while the page is seen, and at once when it is seen again. Gives what ends that.
 * @param {() => void} render
 */
function ticking(render) {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  const turn = () => {
    clearInterval(timer);
    if (document.visibilityState === "hidden") return;
    timer = setInterval(render, TICK);
    render();
  };
  document.addEventListener("visibilitychange", turn);
  turn();
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", turn);
  };
}

/**
 * The language around an element, also of what it is the shadow of.
 * @param {Element} element
 * @returns {string | undefined}
 */
function langOf(element) {
  const said = element.closest("[lang]")?.getAttribute("lang");
  if (said) return said;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? langOf(root.host) : undefined;
}

/**
 * @param {string} text
 * @returns {Messages | null}
 */
function parsed(text) {
  try {
    const messages = JSON.parse(text);
    return typeof messages === "object" ? messages : null;
  } catch {
    // An attribute cannot throw; the texts stay English.
    return null;
  }
}
