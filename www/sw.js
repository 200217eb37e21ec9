// @ts-check
/**
 * The service worker of the demo: keeps the shell for a start without a network. What the package is made of the package keeps,
 * and syncs while no page is open.
 */
import { serviceWorker } from "../pkg/service-worker.js";
import { DEMO, collections } from "./js/model.js";
import { leftSession } from "./js/session-mirror.js";

// The types of workers and of pages cannot be had together; these are the few that are used.
/** @typedef {Event & { request: Request, waitUntil: (work: Promise<unknown>) => void, respondWith: (answer: Promise<Response>) => void }} WorkerEvent */
/** @typedef {{ addEventListener: (type: string, listener: (event: WorkerEvent) => void) => void, skipWaiting: () => Promise<void>, clients: { claim: () => Promise<void> } }} Scope */

const scope = /** @type {Scope} */ (/** @type {unknown} */ (self));

/** Raised when the list below changes its meaning; files of the same name are replaced as they are fetched. */
const CACHE = "syncline-shell-1";
const PREFIX = "syncline-shell-";
/** Milliseconds the network may take before what is kept is used: a bad network is worse than none. */
const PATIENCE = 3000;

const SHELL = [
  "/",
  "/manifest.webmanifest",
  "/icons/icon.svg", "/icons/icon-192.png", "/icons/icon-512.png",
  "/css/base.css", "/css/parts.css", "/css/views.css", "/css/app.css", "/css/lab.css",
  "/js/address.js", "/js/app.js", "/js/database.js", "/js/days.js", "/js/dom.js", "/js/icons.js", "/js/main.js", "/js/model.js", "/js/movies.js",
  "/js/problem.js", "/js/router.js", "/js/session.js", "/js/session-mirror.js", "/js/shortcuts.js", "/js/sign-in.js", "/js/theme.js",
  "/js/toast.js", "/js/todo-list.js", "/js/todo-row.js", "/js/virtual-list.js",
  "/js/views/habits.js", "/js/views/library.js", "/js/views/links.js", "/js/views/parts.js", "/js/views/settings.js",
  "/js/views/settings-account.js", "/js/views/settings-device.js", "/js/views/settings-inspector.js", "/js/views/settings-look.js",
  "/js/views/settings-sync.js", "/js/views/todos.js",
  "/lab/", "/lab/device.html", "/lab/account.js", "/lab/both-edit.js", "/lab/device.js", "/lab/events.js",
  "/lab/gate.js", "/lab/lab.js", "/lab/outcome.js",
];

serviceWorker(async () => {
  const session = await leftSession("syncline-demo");
  if (session === null) return null;
  const { url, email, token } = session;
  return { name: "syncline-demo", collections: collections(DEMO), account: email, token: () => token, backend: { kind: "syncline", url } };
}, { serve: true });

scope.addEventListener("install", (event) => {
  event.waitUntil(precache().then(() => scope.skipWaiting()));
});

scope.addEventListener("activate", (event) => {
  event.waitUntil(cleanUp().then(() => scope.clients.claim()));
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || /^\/(v1|pkg)\//.test(url.pathname)) return;
  const kept = caches.open(CACHE);
  const fresh = kept.then((cache) => network(request, cache));
  event.waitUntil(fresh.catch(() => {}));
  event.respondWith(kept.then((cache) => answer(request, cache, fresh)));
});

/** Fetches the shell, all of it or none: half a shell does not start. */
async function precache() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.map((path) => new Request(path, { cache: "no-cache" })));
}

async function cleanUp() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
}

/**
 * Asks the server, and keeps what it answers.
 * @param {Request} request
 * @param {Cache} cache
 */
async function network(request, cache) {
  const response = await fetch(request, request.mode === "navigate" ? {} : { cache: "no-cache" });
  if (response.ok && response.type === "basic" && !response.redirected) await cache.put(keyOf(request), response.clone());
  return response;
}

/**
 * What the network says in time, else what is kept, else what the network says in the end.
 * @param {Request} request
 * @param {Cache} cache
 * @param {Promise<Response>} fresh
 */
async function answer(request, cache, fresh) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const response = await Promise.race([fresh, late]).catch(() => undefined);
  if (response instanceof Response && response.status < 500) return response;
  const key = keyOf(request);
  // `/lab` is kept as what it is redirected to.
  return await cache.match(key) ?? await cache.match(`${key}/`) ?? fresh;
}

/**
 * A page is kept once, whatever its query asks of it.
 * @param {Request} request
 */
function keyOf(request) {
  const url = new URL(request.url);
  return url.origin + url.pathname;
}
