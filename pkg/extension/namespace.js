// @ts-check
// The browser's API for extensions, by the name that this browser has for it. Calls none of it.

/** An element of a page with such an id is a global as well, and no API. @returns {any} */
export function extensionApi() {
  const scope = /** @type {any} */ (globalThis);
  return scope.browser?.runtime ? scope.browser : scope.chrome;
}
