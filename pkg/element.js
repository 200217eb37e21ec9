// @ts-check
/**
 * The class of `<sync-status>`: one line of icon and text that says how a client's sync stands.
 * Does not define the element (`element-define.js` does) and does not decide anything about sync.
 */

/** @typedef {import("./index.js").Syncline<any>} Client */
/** @typedef {import("./index.js").Status} Status */

// A module for pages may be imported where there is no DOM: by a test runner, a bundler, a service worker.
const Base = /** @type {typeof HTMLElement} */ (globalThis.HTMLElement ?? class {});

/** Milliseconds of quiet before a state is read out: a sync of 50 ms is nothing to interrupt a reader with. */
const ANNOUNCE_AFTER = 1000;
/** Milliseconds between two renderings of "2 min ago". */
const TICK = 15_000;

const CSS = `
:host { display: inline-block; vertical-align: middle; font: inherit; line-height: 1.25; }
:host([hidden]) { display: none; }
button {
  box-sizing: border-box; display: inline-flex; align-items: center; gap: .5em; margin: 0;
  inline-size: var(--sync-status-width, 12em); max-inline-size: 100%; min-block-size: 2.25em;
  padding: .3em .75em .3em .6em; overflow: hidden; cursor: pointer; text-align: start;
  font: inherit; font-variant-numeric: tabular-nums; white-space: nowrap;
  color: var(--sync-status-color, inherit); background: var(--sync-status-background, transparent);
  border: 1px solid var(--sync-status-border, color-mix(in srgb, currentColor 18%, transparent));
  border-radius: var(--sync-status-radius, 99em);
}
button:hover { border-color: color-mix(in srgb, currentColor 38%, transparent); }
button:focus-visible { outline: 2px solid var(--sync-status-focus, Highlight); outline-offset: 2px; }
svg {
  flex: none; inline-size: 1.15em; block-size: 1.15em; fill: none; stroke: currentColor;
  stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; color: var(--tone);
}
[part="label"] { overflow: hidden; text-overflow: ellipsis; }
[part="live"] { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:host { --tone: var(--sync-status-idle, #73808c); }
:host([state="synced"]) { --tone: var(--sync-status-ok, #14865a); }
:host([state="syncing"]) { --tone: var(--sync-status-busy, #2f6fde); }
:host([state="pending"]), :host([state="offline"]) { --tone: var(--sync-status-waiting, #b26a00); }
:host([state="error"]), :host([state="signed-out"]) { --tone: var(--sync-status-error, #cf3038); }
:host([compact]) button { inline-size: auto; padding-inline: .55em; gap: .35em; min-inline-size: 2.25em; justify-content: center; }
:host([compact]) [part="label"] { position: absolute; inline-size: 1px; block-size: 1px; clip-path: inset(50%); }
[part="count"] { display: none; font-size: .8em; font-weight: 600; min-inline-size: 2.2em; text-align: center; }
:host([compact]) [part="count"] { display: block; }
@media (prefers-reduced-motion: no-preference) {
  :host([state="syncing"]) svg { animation: turn 1s linear infinite; }
  @keyframes turn { to { rotate: 1turn; } }
}`;

const CLOUD = "M7 18.5a4.5 4.5 0 0 1-.4-9 5.5 5.5 0 0 1 10.6 1.1 4 4 0 0 1-.2 7.9z";
/** What is drawn for each state, in a box of 24 by 24. @type {Record<Status["state"], string>} */
const ICONS = {
  "disabled": "M4 5h16v11H4z M9 20h6 M12 16v4",
  "signed-out": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M5 20c.6-3.4 3.4-5 7-5 M16 16l5 5 M21 16l-5 5",
  "error": "M12 4 2.8 19.5h18.4z M12 10v4.5 M12 17.2v.1",
  "offline": `${CLOUD} M4 4l16 17`,
  "syncing": "M20 12a8 8 0 0 1-14.3 4.9 M4 12a8 8 0 0 1 14.3-4.9 M18.8 3v4.4h-4.4 M5.2 21v-4.4h4.4",
  "pending": "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z M12 7.5V12l3 2",
  "synced": `${CLOUD} M9.2 14l2 2 3.8-4`,
};

/** Shows the status of the Syncline given as its `client`; a click asks for a sync. */
export class SyncStatusElement extends Base {
  static observedAttributes = ["compact"];

  /** @type {Client | null} */ #client = null;
  /** @type {Status | null} */ #status = null;
  /** @type {(() => void) | undefined} */ #unsubscribe;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #tick;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #announcing;
  /** @type {ReturnType<typeof parts> | undefined} */ #parts;

  /** The client whose status is shown. @returns {Client | null} */
  get client() {
    return this.#client;
  }

  set client(client) {
    if (client === this.#client) return;
    this.#stop();
    this.#client = client;
    this.#status = null;
    if (this.isConnected) this.#start();
  }

  /** Whether only the icon and the count of pending changes are shown. */
  get compact() {
    return this.hasAttribute("compact");
  }

  set compact(compact) {
    this.toggleAttribute("compact", Boolean(compact));
  }

  connectedCallback() {
    // A property set before the element was defined would hide the accessor of the class.
    if (Object.hasOwn(this, "client")) {
      const early = this.client;
      Reflect.deleteProperty(this, "client");
      this.client = early;
    }
    this.#parts ??= parts(this.attachShadow({ mode: "open" }), () => this.#handleClick());
    this.#start();
  }

  disconnectedCallback() {
    this.#stop();
  }

  attributeChangedCallback() {
    this.#render();
  }

  #start() {
    this.#render();
    if (!this.#client || this.#unsubscribe) return;
    this.#unsubscribe = this.#client.subscribe((status) => {
      this.#status = status;
      this.#render();
    });
    this.#tick = setInterval(() => this.#render(), TICK);
  }

  #stop() {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    clearInterval(this.#tick);
    clearTimeout(this.#announcing);
  }

  #handleClick() {
    const asked = new CustomEvent("sync-request", { bubbles: true, composed: true, cancelable: true });
    if (!this.dispatchEvent(asked)) return;
    // What went wrong is in the next status; a rejection here would only be reported twice.
    this.#client?.sync().catch(() => {});
  }

  #render() {
    const view = this.#parts;
    if (!view) return;
    const status = this.#status;
    const state = status?.state ?? "disabled";
    if (this.getAttribute("state") !== state) {
      this.setAttribute("state", state);
      view.icon.setAttribute("d", ICONS[state]);
      this.#announce(state);
    }
    const now = Date.now();
    write(view.label, status ? label(status, now) : "Local only");
    write(view.count, status && status.pending > 0 ? few(status.pending) : "");
    const title = status ? detail(status, now) : "";
    if (view.button.title !== title) view.button.title = title;
  }

  /** @param {Status["state"]} state */
  #announce(state) {
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => {
      const status = this.#status;
      if (this.#parts && status?.state === state) write(this.#parts.live, spoken(status));
    }, ANNOUNCE_AFTER);
  }
}

/**
 * Fills a shadow root.
 * @param {ShadowRoot} root
 * @param {() => void} onClick
 */
function parts(root, onClick) {
  // A constructed sheet passes a `style-src 'self'` policy, which an inline <style> does not.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const button = document.createElement("button");
  const [label, count, live] = [span("label"), span("count"), span("live")];
  button.type = "button";
  button.setAttribute("part", "button");
  svg.setAttribute("part", "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  count.setAttribute("aria-hidden", "true");
  live.setAttribute("role", "status");
  live.setAttribute("aria-live", "polite");
  svg.append(icon);
  button.append(svg, label, count);
  button.addEventListener("click", onClick);
  root.append(button, live);
  return { button, icon, label, count, live };
}

/** @param {string} part */
function span(part) {
  const element = document.createElement("span");
  element.setAttribute("part", part);
  return element;
}

/**
 * The text beside the icon.
 * @param {Status} status
 * @param {number} now
 */
export function label(status, now) {
  const { state, pending, progress, lastSyncedAt } = status;
  if (state === "disabled") return "Local only";
  if (state === "signed-out") return "Signed out";
  if (state === "error") return "Sync problem";
  if (state === "offline") return pending > 0 ? `Offline · ${short(pending)} to sync` : "Offline";
  if (state === "pending") return `${short(pending)} to sync`;
  if (state === "synced") return lastSyncedAt === null ? "Synced" : `Synced ${ago(lastSyncedAt, now)}`;
  if (!progress || progress.done === 0) return "Syncing…";
  return progress.total === null ? `Syncing ${short(progress.done)}` : `Syncing ${short(progress.done)}/${short(progress.total)}`;
}

/**
 * The tooltip: what is wrong, and when it is tried again.
 * @param {Status} status
 * @param {number} now
 */
function detail(status, now) {
  const lines = [spoken(status)];
  if (status.error) lines.push(status.error.message);
  if (status.parked > 0) lines.push(`${short(status.parked)} refused by the server`);
  if (status.conflicts > 0) lines.push(`${short(status.conflicts)} to decide`);
  if (status.lastSyncedAt !== null) lines.push(`Last synced ${new Date(status.lastSyncedAt).toLocaleString()}`);
  if (status.nextSyncAt !== null && status.nextSyncAt > now) lines.push(`Next try at ${new Date(status.nextSyncAt).toLocaleTimeString()}`);
  return lines.join("\n");
}

/**
 * A whole sentence, without what changes by the second.
 * @param {Status} status
 */
function spoken(status) {
  const waiting = status.pending === 1 ? "1 change waiting" : `${short(status.pending)} changes waiting`;
  switch (status.state) {
    case "disabled": return "Saved on this device only";
    case "signed-out": return "Signed out: sign in to sync";
    case "error": return "Sync has a problem";
    case "offline": return status.pending > 0 ? `Offline: ${waiting}` : "Offline: everything is saved on this device";
    case "pending": return waiting;
    case "syncing": return "Syncing";
    case "synced": return "Everything is synced";
  }
}

/**
 * A span of time in words.
 * @param {number} then
 * @param {number} now
 */
function ago(then, now) {
  const seconds = (now - then) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3570) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 84_600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}

/** @param {number} count */
function few(count) {
  return count > 99 ? "99+" : String(count);
}

/** @param {number} count */
function short(count) {
  return count.toLocaleString("en");
}

/**
 * Writes a text where it differs: an equal one would still be read out again.
 * @param {Element} element
 * @param {string} text
 */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
