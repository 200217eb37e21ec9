// @ts-check
/**
 * The class of `<sync-status>`: an icon and a text that say how a client's sync stands, and a panel with what can be done about it.
 * Does not define the element (`../element-define.js` does) and decides nothing: `way-out.js` does.
 */
import { SyncElement } from "./base.js";
import { fill, h, shadow, svg, write } from "./dom.js";
import { BELOW, ICONS } from "./icons.js";
import { panelPlace } from "./panel-place.js";
import { STATUS_CSS } from "./status-css.js";
import { facts, label, problemText, sentence } from "./status-text.js";
import { canSync, wayOut } from "./way-out.js";

/** @typedef {import("./base.js").Status} Status */
/** @typedef {import("./way-out.js").Action} Action */

/** Milliseconds of quiet before a state is read out: a sync of 50 ms is nothing to interrupt a reader with. */
const ANNOUNCE_AFTER = 1000;
/** What the element can do without its app. @type {readonly Action[]} */
const OWN = ["sync", "retry", "confirm-deletions", "reload"];

export class SyncStatusElement extends SyncElement {
  static observedAttributes = ["compact", "actions", "inspector", ...SyncElement.observedAttributes];

  /** @type {ReturnType<typeof setTimeout> | undefined} */ #announcing;
  /** @type {ReturnType<typeof parts> | undefined} */ #parts;
  #said = "";
  #unplace = () => {};

  /** Whether only the icon and the count of pending changes are shown. */
  get compact() {
    return this.hasAttribute("compact");
  }

  set compact(compact) {
    this.toggleAttribute("compact", Boolean(compact));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#announcing);
    this.#unplace();
  }

  /** @protected */
  build() {
    const view = parts(shadow(this, STATUS_CSS));
    view.button.addEventListener("click", () => this.#handleClick());
    view.sync.addEventListener("click", () => this.#handleClick());
    view.wayOut.addEventListener("click", () => this.#act(/** @type {Action} */ (view.wayOut.value)));
    view.panel.addEventListener("toggle", (event) => this.#handleToggle(/** @type {ToggleEvent} */ (event).newState === "open"));
    this.#parts = view;
  }

  /** @protected */
  render() {
    const view = this.#parts;
    if (!view) return;
    const { status, words } = this;
    const [state, now] = [status?.state ?? "disabled", Date.now()];
    if (this.getAttribute("state") !== state) {
      this.setAttribute("state", state);
      view.icon.setAttribute("d", ICONS[state]);
    }
    const { problem, action } = wayOut(status ?? { state, error: null, parked: 0, conflicts: 0 });
    this.#announce(status && `${sentence(status, words)}. ${problemText(status, problem, words)}`.trim());
    write(view.label, status ? label(status, now, words) : words.say("state.disabled"));
    write(view.count, status && status.pending > 0 ? few(status.pending) : "");
    const lines = status ? [problemText(status, problem, words), ...facts(status, now, words)].filter(Boolean) : [];
    const title = [...new Set(lines)].join("\n");
    if (view.button.title !== title) view.button.title = title;
    view.more.setAttribute("aria-label", words.say("details"));
    view.more.hidden = this.compact && problem === null;
    if (view.panel.matches(":popover-open")) this.#renderPanel(view, problem, action);
  }

  /**
   * @param {ReturnType<typeof parts>} view
   * @param {string | null} problem
   * @param {Action | null} action
   */
  #renderPanel(view, problem, action) {
    const { status, words } = this;
    const state = status?.state ?? "disabled";
    const { progress = null } = status ?? {};
    view.panel.setAttribute("aria-label", words.say("details"));
    write(view.sentence, status ? sentence(status, words) : words.say("sentence.disabled"));
    write(view.problem, status ? problemText(status, problem, words) : "");
    view.problem.hidden = problem === null;
    view.progress.hidden = progress === null;
    view.progress.setAttribute("aria-label", words.say("sentence.syncing"));
    if (progress?.total) {
      view.progress.max = progress.total;
      view.progress.value = progress.done;
    } else {
      view.progress.removeAttribute("value");
    }
    const lines = status ? facts(status, Date.now(), words).filter((line) => line !== view.problem.textContent) : [];
    if (view.facts.textContent !== lines.join("")) fill(view.facts, ...lines.map((line) => h("li", {}, line)));
    const isOffered = action !== null && this.#offers(action);
    view.wayOut.hidden = !isOffered;
    view.wayOut.value = action ?? "";
    if (isOffered) write(view.wayOut, words.say(`action.${action}`));
    // To try again is to sync: one button is enough.
    view.sync.hidden = !canSync(state) || (isOffered && action === "retry");
    write(view.sync, words.say("action.sync"));
  }

  /** @param {Action} action */
  #offers(action) {
    const listed = (this.getAttribute("actions") ?? "").split(/\s+/);
    return OWN.includes(action) || listed.includes(action) || (action === "inspect" && this.#inspector() !== null);
  }

  /** @returns {HTMLElement | null} */
  #inspector() {
    const id = this.getAttribute("inspector");
    const root = /** @type {Document | ShadowRoot} */ (this.getRootNode());
    return id ? root.querySelector(`#${CSS.escape(id)}`) : null;
  }

  #handleClick() {
    const asked = new CustomEvent("sync-request", { bubbles: true, composed: true, cancelable: true });
    if (this.dispatchEvent(asked)) this.#sync();
  }

  /** @param {Action} action */
  #act(action) {
    const asked = new CustomEvent("sync-action", { bubbles: true, composed: true, cancelable: true, detail: { action, error: this.status?.error ?? null } });
    this.#parts?.panel.hidePopover();
    if (!this.dispatchEvent(asked)) return;
    const collection = this.status?.error?.collection;
    if (action === "retry" || action === "sync") this.#sync();
    else if (action === "reload") location.reload();
    else if (action === "confirm-deletions" && collection) this.client?.confirmDeletions(collection).catch(() => {});
    else if (action === "inspect") {
      this.#inspector()?.scrollIntoView();
      this.#inspector()?.focus();
    }
  }

  #sync() {
    // What went wrong is in the next status; a rejection here would only be reported twice.
    this.client?.sync().catch(() => {});
  }

  /** @param {boolean} isOpen */
  #handleToggle(isOpen) {
    const view = this.#parts;
    this.#unplace();
    this.#unplace = () => {};
    if (!view) return;
    view.more.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return;
    this.render();
    const place = () => {
      const { x, y } = panelPlace(view.box.getBoundingClientRect(), view.panel.getBoundingClientRect(), { width: innerWidth, height: innerHeight });
      Object.assign(view.panel.style, { left: `${x}px`, top: `${y}px` });
    };
    place();
    for (const type of ["scroll", "resize"]) addEventListener(type, place, { capture: true, passive: true });
    this.#unplace = () => ["scroll", "resize"].forEach((type) => removeEventListener(type, place, { capture: true }));
  }

  /**
   * Has a sentence read out once it has stood for a while.
   * @param {string | null} text
   */
  #announce(text) {
    if (text === null || text === this.#said) return;
    this.#said = text;
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => this.#parts && write(this.#parts.live, text), ANNOUNCE_AFTER);
  }
}

/**
 * Fills a shadow root.
 * @param {ShadowRoot} root
 */
function parts(root) {
  const icon = svg("path");
  const [labelled, count] = [h("span", { part: "label" }), h("span", { part: "count", "aria-hidden": "true" })];
  const button = h("button", { type: "button", part: "button" }, svg("svg", { part: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, icon), labelled, count);
  const panel = h("div", { part: "panel", id: "panel", popover: "auto", role: "dialog" });
  const more = h("button", { type: "button", part: "more", popovertarget: "panel", "aria-expanded": "false", "aria-controls": "panel" },
    svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: BELOW })));
  const box = h("div", { part: "box" }, button, more);
  const [said, problem] = [h("p", { part: "sentence" }), h("p", { part: "problem" })];
  const [progress, factList] = [h("progress", { part: "progress" }), h("ul", { part: "facts" })];
  const [way, sync] = [h("button", { type: "button", part: "way-out" }), h("button", { type: "button", part: "sync" })];
  fill(panel, said, problem, progress, factList, h("div", { part: "actions" }, way, sync));
  const live = h("span", { part: "live", role: "status", "aria-live": "polite" });
  root.append(box, panel, live);
  return { box, button, icon, label: labelled, count, more, panel, sentence: said, problem, progress, facts: factList, wayOut: way, sync, live };
}

/** @param {number} count */
function few(count) {
  return count > 99 ? "99+" : String(count);
}
