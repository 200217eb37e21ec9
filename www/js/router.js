// @ts-check
/**
 * Which view the address asks for, and showing it: one view at a time, ended before the next begins.
 * What is in a view is the view's own.
 */
import { h } from "./dom.js";

/** @typedef {import("./views/parts.js").View} View */
/** @typedef {import("./views/parts.js").App} App */
/** @typedef {import("./views/parts.js").Mounted} Mounted */

/**
 * @param {Record<string, View>} views By the name in the address, `#/name`; the first is shown where it names none.
 * @param {HTMLElement} main Where they are shown.
 * @param {HTMLElement} nav Its links are marked.
 */
export function router(views, main, nav) {
  const names = Object.keys(views);
  /** @type {App | null} */
  let app = null;
  /** @type {Mounted | null} */
  let mounted = null;
  let current = "";

  const asked = () => names.find((name) => location.hash === `#/${name}`) ?? names[0] ?? "";

  /** @param {boolean} again Whether the view is made anew although it is shown already. */
  function show(again) {
    const name = asked();
    if (!app || (name === current && !again)) return;
    const moved = current !== "" && name !== current;
    current = name;
    mounted?.close();
    mounted = views[name]?.(app) ?? null;
    main.replaceChildren(mounted?.element ?? h("p", {}));
    for (const link of nav.querySelectorAll("a")) {
      if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const heading = main.querySelector("h1");
    document.title = `${heading?.textContent ?? ""} · Syncline`;
    // After a move by link the reader is taken to the new view; at the first paint the focus is left alone.
    if (moved) {
      scrollTo(0, 0);
      heading?.focus({ preventScroll: true });
    }
  }

  addEventListener("hashchange", () => show(false));
  return {
    /** Shows the view for an app whose client is open. @param {App} next */
    mount(next) {
      app = next;
      show(true);
    },
    /** Ends the view, before its client is closed. */
    unmount() {
      mounted?.close();
      mounted = null;
      app = null;
    },
    /** What is shown. */
    get mounted() {
      return mounted;
    },
    names,
  };
}
