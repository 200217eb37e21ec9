// @ts-check
/**
 * A short message in a page that is not ours, apart from its styles and scripts.
 * What went on is the caller's to say.
 */

/** Milliseconds that it stays. */
const STAY = 5000;

// Set on each element: a page's policy may forbid style sheets, but not this (https://www.w3.org/TR/CSP3/#directive-style-src),
// and Firefox lets no content script adopt one (https://bugzilla.mozilla.org/show_bug.cgi?id=1751346).
const PLACE = "all: initial; position: fixed; inset: auto 0 24px; margin: 0 auto; padding: 0; border: 0; inline-size: fit-content; max-inline-size: min(32rem, calc(100vw - 32px)); background: none; z-index: 2147483647;";
const BOX = "display: flex; align-items: center; gap: 16px; padding: 11px 18px; border-radius: 12px; font: 15px/1.4 system-ui, sans-serif; color: #f2f6f5; background: #1b2a27; box-shadow: 0 8px 28px rgb(0 0 0 / .3);";
const TEXT = "display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden;";
const BUTTON = "flex: none; border: 0; padding: 3px 5px; background: none; font: inherit; font-weight: 650; color: #6fe0cd; cursor: pointer;";

/** Ends the notice that is shown. */
let end = () => {};

/**
 * Shows a message in place of the last one.
 * @param {string} text
 * @param {{ label: string, run: () => Promise<unknown> }} [action]
 * @param {() => void} [gone] Called once it is no longer shown and its action cannot be wanted any more.
 */
export function notice(text, action, gone = () => {}) {
  end();
  const host = styled("div", PLACE);
  const box = styled("div", BOX);
  const words = styled("span", TEXT);
  box.setAttribute("role", "status");
  box.append(words);
  if (action) {
    const button = styled("button", BUTTON);
    button.append(action.label);
    button.addEventListener("click", () => {
      clearTimeout(timer);
      void action.run().finally(end);
    });
    box.append(button);
  }
  // Open: it hides nothing from the page, which could read the text where it was selected.
  host.attachShadow({ mode: "open" }).append(box);
  host.dataset.synclineNotice = "";
  // Above everything, dialogs included, where the browser has popovers.
  host.popover = "manual";
  document.documentElement.append(host);
  host.showPopover?.();
  // A status is read out when its text changes, not when it appears.
  words.textContent = text;
  const timer = setTimeout(() => end(), STAY);
  end = () => {
    end = () => {};
    clearTimeout(timer);
    host.remove();
    gone();
  };
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} style
 */
function styled(tag, style) {
  const element = document.createElement(tag);
  element.style.cssText = style;
  return element;
}
