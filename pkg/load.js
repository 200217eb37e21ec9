// @ts-check
// Loads the WebAssembly module, once. No dynamic import and no top-level await: service workers have neither.

import init, { Core } from "./wasm/core.js";

/** @type {Promise<typeof Core> | undefined} */
let loading;

/**
 * The core, loaded. A load that failed is tried again at the next call.
 * @param {import("./index.js").Options<any>["wasm"]} [source]
 * @returns {Promise<typeof Core>}
 */
export function loadCore(source) {
  loading ??= init({ module_or_path: source ?? fromBesideThisModule() }).then(
    () => Core,
    (thrown) => {
      loading = undefined;
      throw thrown;
    },
  );
  return loading;
}

async function fromBesideThisModule() {
  const url = new URL("./wasm/core_bg.wasm", import.meta.url);
  // A service worker's own fetch bypasses its fetch handler: started while offline it has the file only if it asks the
  // cache itself (https://w3c.github.io/ServiceWorker/#handle-fetch, "request's service-workers mode is none").
  const isWorker = typeof window === "undefined" && typeof caches !== "undefined";
  const cached = isWorker ? await caches.match(url, { ignoreSearch: true }).catch(() => undefined) : undefined;
  return cached ?? fetch(url);
}
