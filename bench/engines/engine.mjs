// @ts-check
// What a driver needs of a browser, and which there are. Starts none by itself.

/**
 * A page that was opened. `call` runs `bench[name](...args)` in it and gives back what that resolves to.
 * @typedef {object} Page
 * @property {(name: string, ...args: unknown[]) => Promise<any>} call
 * @property {() => Promise<number | null>} heap bytes of the JavaScript heap once garbage is collected; null: cannot be told
 * @property {() => Promise<void>} close
 */

/**
 * A browser with a profile of its own on the disk, which is gone when it is closed.
 * @typedef {object} Browser
 * @property {string} version
 * @property {(url: string) => Promise<Page>} page in a new tab
 * @property {() => Promise<void>} close
 */

/** @type {Record<string, () => Promise<{start: () => Promise<Browser>}>>} */
export const ENGINES = {
  chromium: () => import("./chromium.mjs"),
  firefox: () => import("./firefox.mjs"),
  webkit: () => import("./webkit.mjs"),
};

/** The name that the page gives what a driver calls. */
export const GLOBAL = "bench";
