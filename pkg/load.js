// @ts-check
// Loads the WebAssembly module, once. No dynamic import and no top-level await: service workers have neither.

import { version } from "./version.js";
import init, { Core } from "./wasm/core.js";

/** @typedef {import("./index.js").Options<any>["wasm"]} Source */

/** The cache that service-worker.js keeps the module in. */
export const CACHE = `syncline-${version}`;

/** @type {Promise<typeof Core> | undefined} */
let loading;
let isLoaded = false;

/** Whether there is nothing left to wait for. */
export function isCoreLoaded() {
  return isLoaded;
}

/**
 * The core, loaded. A load that failed is tried again at the next call.
 * @param {Source} [source]
 * @returns {Promise<typeof Core>}
 */
export function loadCore(source) {
  loading ??= init({ module_or_path: moduleOf(source) }).catch((thrown) => initAnew(source, thrown)).then(
    () => {
      isLoaded = true;
      return Core;
    },
    (thrown) => {
      loading = undefined;
      throw thrown;
    },
  );
  return loading;
}

/**
 * The address of the module; undefined: it is given as something else.
 * @param {Source} source
 */
export function wasmAddress(source) {
  if (source === undefined) {
    return new URL("./wasm/core_bg.wasm", import.meta.url);
  }
  return typeof source === "string" || source instanceof URL ? new URL(source, globalThis.location?.href) : undefined;
}

/**
 * Loads the module once more, past every cache, where its bytes were not what they should be: a transfer was cut off, say.
 * @param {Source} source
 * @param {unknown} thrown
 */
async function initAnew(source, thrown) {
  const address = wasmAddress(source);
  if (address === undefined || !(thrown instanceof WebAssembly.CompileError)) {
    throw thrown;
  }
  const response = await fetch(address, { cache: "reload" }).catch(() => undefined);
  if (!response?.ok) {
    throw thrown;
  }
  return init({ module_or_path: await response.arrayBuffer() });
}

/** @param {Source} source */
async function moduleOf(source) {
  const address = wasmAddress(source);
  if (address === undefined) {
    return source;
  }
  // A service worker's own fetch bypasses its fetch handler: started while offline it has the file only if it asks the
  // cache itself (https://w3c.github.io/ServiceWorker/#handle-fetch, "request's service-workers mode is none").
  // An extension's files are always there, and each look into a cache costs its worker milliseconds of a start.
  if (typeof window === "undefined" && address.protocol.startsWith("http")) {
    return (await kept(address)) ?? fetch(address);
  }
  return fetch(address).catch(async (thrown) => {
    const response = await kept(address);
    if (response === undefined) {
      throw thrown;
    }
    return response;
  });
}

/**
 * What a cache has of an address: ours first, then any that an app has made.
 * @param {URL} address
 */
async function kept(address) {
  if (typeof caches === "undefined") {
    return undefined;
  }
  const find = (/** @type {MultiCacheQueryOptions} */ where) => caches.match(address, { ignoreSearch: true, ...where }).catch(() => undefined);
  return (await find({ cacheName: CACHE })) ?? find({});
}
