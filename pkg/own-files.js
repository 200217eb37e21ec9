// @ts-check
// The package's own files, kept for a start without a network: which there are, fetching and answering them. Registers no
// listeners; service-worker.js does.

import { wasmAddress } from "./load.js";

/** Entries that no page of a PWA imports. */
const ELSEWHERE = ["./client", "./extension", "./testing"];
/** The addresses of modules in their import statements, as this package writes them. */
const IMPORT = /^\s*(?:import|export)\b[^"';]*?["'](\.[^"']+)["']/gm;
/** Milliseconds the network may take before what is kept is used: a bad network is worse than none. */
const PATIENCE = 3_000;

/** Where the package is. Named apart from what is sought there, so that no bundler takes that for a file to copy. */
const HERE = import.meta.url;
/** Whether a bundler has put this into a file of the app's: then there is another name here, none, or, by webpack, a place on the disk it was built on. */
const IS_BUNDLED = !/^(?!file:).*\/own-files\.js(\?|$)/.test(HERE);

/**
 * Keeps the module, and the package's scripts where they are files of their own.
 * @param {string} name of the cache
 * @param {import("./index.js").Options<any> | null} options null: where the module is may not be known yet
 */
export async function keep(name, options) {
  const cache = await caches.open(name);
  const module = keepModule(cache, options?.wasm);
  const seen = /** @type {Set<string>} */ (new Set());
  const scripts = IS_BUNDLED ? [] : await entries();
  await Promise.all([
    // Where an app says later where its module is, there may be none beside this one.
    options === null ? module.catch(() => {}) : module,
    ...scripts.map((entry) => keepScript(cache, new URL(entry, HERE), seen)),
  ]);
}

/**
 * @param {Cache} cache
 * @param {import("./index.js").Options<any>["wasm"]} source
 */
async function keepModule(cache, source) {
  const address = wasmAddress(source);
  if (address !== undefined) {
    await cache.add(new Request(address, { cache: "no-cache" }));
  }
}

/** What pages may import, and through it everything else, as the package's own paper says it. */
async function entries() {
  const response = await fetch(new URL("package.json", HERE));
  const { exports } = response.ok ? await response.json() : { exports: { ".": "./index.js", "./service-worker": "./service-worker.js" } };
  return Object.entries(exports)
    .filter(([entry]) => !ELSEWHERE.includes(entry))
    .map(([, target]) => String(target?.default ?? target))
    .filter((file) => file.endsWith(".js"));
}

/**
 * Keeps a script and what it imports.
 * @param {Cache} cache
 * @param {URL} address
 * @param {Set<string>} seen
 */
async function keepScript(cache, address, seen) {
  if (seen.has(address.href)) {
    return;
  }
  seen.add(address.href);
  const response = await fetch(address, { cache: "no-cache" });
  if (!response.ok || !/javascript/.test(response.headers.get("content-type") ?? "")) {
    return;
  }
  const text = await response.clone().text();
  await cache.put(address, response);
  const imported = [...text.matchAll(IMPORT)].map(([, specifier]) => new URL(String(specifier), address));
  await Promise.all(imported.map((next) => keepScript(cache, next, seen)));
}

/**
 * Whether an address is one of the package's own files.
 * @param {string} url
 */
export function isOwn(url) {
  return !IS_BUNDLED && url.startsWith(new URL("./", HERE).href);
}

/**
 * What the network says in time, else what is kept, else what the network says in the end.
 * @param {string} name of the cache
 * @param {Request} request
 */
export async function answer(name, request) {
  const cache = await caches.open(name);
  const fresh = fetch(request, { cache: "no-cache" }).then((response) => {
    if (response.ok) {
      void cache.put(request.url, response.clone()).catch(() => {});
    }
    return response;
  });
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const inTime = await Promise.race([fresh, late]).catch(() => undefined);
  if (inTime instanceof Response && inTime.status < 500) {
    return inTime;
  }
  return (await cache.match(request, { ignoreSearch: true })) ?? fresh;
}

/**
 * Deletes what other versions of the package kept.
 * @param {string} current
 */
export async function forgetOthers(current) {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => /^syncline-\d/.test(name) && name !== current).map((name) => caches.delete(name)));
}
