// @ts-check
// What is wrong with an extension that uses Syncline, and how each is mended. Pure: is given the manifest and the texts, reads no file.

import { backends, closure, dynamicImports, hasDynamicImport, isOfPackage, mentions, staticImports } from "./sources.js";

/** @typedef {{level: "error" | "warning", code: string, file: string, message: string, fix: string}} Finding */
/** @typedef {{name: string, manifest: any, paths: ReadonlySet<string>, texts: import("./sources.js").Texts}} Extension `name`: the manifest's file */

const CSP = `"content_security_policy": { "extension_pages": "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'" }`;
/** What only the entry with the Wasm needs, also where a bundler has put all in one file. */
const WASM_ENTRY = /core_bg[\w.-]*\.wasm|["']syncline["']|(?:pkg|syncline)\/index\.js/;

/** Every check, in the order in which they are told. @type {((extension: Extension) => Finding[])[]} */
const CHECKS = [checkVersion, checkFiles, checkPolicy, checkWasm, checkBackground, checkFirefox, checkAlarms, checkStorage, checkHosts, checkContentScripts];

/**
 * What is wrong with an extension, the worst first.
 * @param {Extension} extension
 * @returns {Finding[]}
 */
export function examine(extension) {
  const found = CHECKS.flatMap((check) => check(extension));
  return [...found.filter(({ level }) => level === "error"), ...found.filter(({ level }) => level === "warning")];
}

/** @param {Extension} extension */
function checkVersion({ name, manifest }) {
  if (manifest.manifest_version === 3) return [];
  return [error("manifest-version", name, `manifest_version is ${JSON.stringify(manifest.manifest_version) ?? "missing"}`, `Set "manifest_version": 3; Chrome loads no other.`)];
}

/** @param {Extension} extension */
function checkFiles(extension) {
  const { name, paths } = extension;
  const missing = named(extension.manifest).filter(([, path]) => !paths.has(clean(path)));
  return missing.map(([key, path]) => error("file-missing", name, `${key} names ${path}, which is not in the folder`, `Add ${path}, or correct ${key}. Build the extension first if a bundler writes it.`));
}

/** @param {Extension} extension */
function checkPolicy({ name, manifest }) {
  const policy = manifest.content_security_policy;
  if (typeof policy === "string") {
    return [error("policy-form", name, "content_security_policy is a string, as in Manifest V2", `Write ${CSP}.`)];
  }
  const directives = String(policy?.extension_pages ?? "").split(";").map((directive) => directive.trim().split(/\s+/));
  const scripts = directives.find(([kind]) => kind === "script-src") ?? directives.find(([kind]) => kind === "default-src") ?? [];
  if (scripts.some((source) => source === "'wasm-unsafe-eval'" || source === "'unsafe-eval'")) return [];
  return [error("policy", name, "the policy of extension pages does not let WebAssembly compile: script-src has no 'wasm-unsafe-eval'", `Write ${CSP}.`)];
}

/** @param {Extension} extension */
function checkWasm({ paths }) {
  const modules = [...paths].filter((path) => path.endsWith(".wasm"));
  const glue = [...paths].find((path) => /(?:^|\/)wasm\/core\.js$/.test(path));
  const beside = glue?.replace(/core\.js$/, "core_bg.wasm");
  if (beside !== undefined && !paths.has(beside)) {
    return [error("wasm-missing", beside, "the WebAssembly module is not beside the script that loads it", `Copy node_modules/syncline/wasm/core_bg.wasm to ${beside}.`)];
  }
  if (modules.length > 0) return [];
  return [error("wasm-missing", ".", "no .wasm file is in the folder", "Copy node_modules/syncline into the folder, or have your bundler emit syncline/wasm/core_bg.wasm as a file.")];
}

/** @param {Extension} extension */
function checkBackground({ name, manifest, texts }) {
  const { background } = manifest;
  const scripts = backgroundScripts(manifest);
  if (scripts.length === 0) {
    const worker = `"background": { "service_worker": "background.js", "scripts": ["background.js"], "type": "module" }`;
    return [error("background-missing", name, "there is no background script, so nothing syncs while no page is open", `Add ${worker}, and call background() of syncline/extension there.`)];
  }
  const isModule = background.type === "module";
  return scripts.flatMap((path) => {
    const text = texts.get(clean(path)) ?? "";
    /** @type {Finding[]} */
    const found = [];
    if (!isModule && staticImports(text).length > 0) {
      found.push(error("background-type", name, `${path} has import statements, but the background is no module`, `Add "type": "module" to "background".`));
    }
    if (hasDynamicImport(text)) {
      found.push(warning("background-dynamic-import", path, "import() is not there in a service worker", `Import at the top of the file: import { background } from "./syncline/extension.js".`));
    }
    return found;
  });
}

/** @param {Extension} extension */
function checkFirefox({ name, manifest }) {
  const isForFirefox = manifest.browser_specific_settings?.gecko !== undefined;
  if (!isForFirefox || backgroundScripts(manifest).length === 0) return [];
  const { background } = manifest;
  /** @type {Finding[]} */
  const found = [];
  if (!Array.isArray(background.scripts)) {
    found.push(error("firefox-background", name, "Firefox has no service workers in extensions, and there are no background.scripts for it", `Add "scripts": ["${background.service_worker}"] beside "service_worker".`));
  }
  if (background.persistent !== undefined) {
    found.push(error("firefox-persistent", name, "background.persistent is not there in Manifest V3", `Remove "persistent".`));
  }
  if (manifest.browser_specific_settings.gecko.id === undefined) {
    found.push(warning("firefox-id", name, "without an id, Firefox gives each temporary installation another origin, and with it an empty database", `Set "browser_specific_settings": { "gecko": { "id": "you@example.org" } }.`));
  }
  return found;
}

/** @param {Extension} extension */
function checkAlarms(extension) {
  const { name, manifest, texts } = extension;
  if (permissions(manifest).includes("alarms") || backgroundScripts(manifest).length === 0) return [];
  const used = backgroundScripts(manifest).flatMap((path) => closure(texts, clean(path)));
  const needs = used.some((path) => mentions(texts.get(path) ?? "", /\balarms\b|syncline\/extension|(?:pkg|syncline)\/extension\.js/));
  const fix = `Add "alarms" to "permissions".`;
  return needs
    ? [error("alarms", name, "the background rings alarms to sync later, and has no permission for it", fix)]
    : [warning("alarms", name, "without alarms nothing wakes the background: what could not be sent waits until somebody opens a page", fix)];
}

/** @param {Extension} extension */
function checkStorage({ name, manifest, texts }) {
  /** @type {Finding[]} */
  const found = [];
  const uses = [...texts].some(([path, text]) => path.endsWith("js") && !isOfPackage(path) && mentions(text, /\.storage\s*\??\.\s*(?:local|session|sync|managed|onChanged)|\bstorage\b\s*\}/));
  if (permissions(manifest).includes("storage") && !uses) {
    found.push(warning("storage-unused", name, "the permission \"storage\" is for chrome.storage, which no script uses; Syncline keeps its data in IndexedDB", `Remove "storage" from "permissions".`));
  }
  if (!permissions(manifest).includes("unlimitedStorage")) {
    found.push(warning("unlimited-storage", name, "the browser may evict the database when the disk runs low", `Add "unlimitedStorage" to "permissions"; it shows no warning to users.`));
  }
  return found;
}

/** @param {Extension} extension */
function checkHosts({ name, manifest, texts }) {
  const patterns = [manifest.host_permissions ?? []].flat().map(String);
  const urls = [...texts].filter(([path]) => !isOfPackage(path)).flatMap(([, text]) => backends(text));
  return [...new Set(urls)].flatMap((url) => {
    const { protocol, hostname } = new URL(url);
    if (patterns.some((pattern) => covers(pattern, protocol, hostname))) return [];
    return [warning("host-permission", name, `host_permissions do not name ${hostname}, where the backend is: it answers only if it allows other origins (CORS)`, `Add "${protocol}//${hostname}/*" to "host_permissions". syncline-server allows every origin.`)];
  });
}

/** @param {Extension} extension */
function checkContentScripts({ manifest, texts }) {
  const scripts = [manifest.content_scripts ?? []].flat().flatMap((entry) => entry?.js ?? []);
  return [...new Set(scripts)].flatMap((path) => {
    const text = texts.get(clean(path)) ?? "";
    const isStatic = staticImports(text).length > 0;
    if (isStatic) {
      return [error("content-script-module", path, "content scripts are no modules: an import statement there is a syntax error", "Bundle it into one file, or import() a file that web_accessible_resources names.")];
    }
    const imported = dynamicImports(text).flatMap((name) => [name, ...closure(texts, clean(name))]);
    const isWasm = mentions(text, WASM_ENTRY) || imported.some((name) => WASM_ENTRY.test(`"${name}"`) || mentions(texts.get(name) ?? "", WASM_ENTRY));
    if (!isWasm) return [];
    return [error("content-script-wasm", path, "a content script has the origin and the policy of the page it is on: the database would be that page's, and WebAssembly may be refused", `Use connect() of "syncline/client" there: it talks to the background, and has no WebAssembly.`)];
  });
}

/**
 * The files that a manifest names, each with the key that does.
 * @param {any} manifest
 * @returns {[string, string][]}
 */
function named(manifest) {
  const content = [manifest.content_scripts ?? []].flat().flatMap((entry, at) => [...(entry?.js ?? []), ...(entry?.css ?? [])].map((path) => [`content_scripts[${at}]`, path]));
  const overrides = Object.entries(manifest.chrome_url_overrides ?? {}).map(([key, path]) => [`chrome_url_overrides.${key}`, path]);
  /** @type {[string, unknown][]} */
  const single = [
    ["background.service_worker", manifest.background?.service_worker],
    ...[manifest.background?.scripts ?? []].flat().map((path) => /** @type {[string, unknown]} */ (["background.scripts", path])),
    ["action.default_popup", manifest.action?.default_popup],
    ["options_page", manifest.options_page],
    ["options_ui.page", manifest.options_ui?.page],
    ["side_panel.default_path", manifest.side_panel?.default_path],
    ["sidebar_action.default_panel", manifest.sidebar_action?.default_panel],
  ];
  return /** @type {[string, string][]} */ ([...single, ...overrides, ...content].filter(([, path]) => typeof path === "string" && path !== ""));
}

/** @param {any} manifest */
function backgroundScripts(manifest) {
  const { service_worker: worker, scripts = [] } = manifest.background ?? {};
  return [...new Set([...(typeof worker === "string" ? [worker] : []), ...[scripts].flat().map(String)])];
}

/** @param {any} manifest */
function permissions(manifest) {
  return [manifest.permissions ?? []].flat().map(String);
}

/**
 * Whether a match pattern covers a host (https://developer.mozilla.org/docs/Mozilla/Add-ons/WebExtensions/Match_patterns).
 * @param {string} pattern
 * @param {string} protocol
 * @param {string} hostname
 */
function covers(pattern, protocol, hostname) {
  if (pattern === "<all_urls>") return true;
  const [, scheme, host = ""] = /^(\*|https?):\/\/([^/:]*)(?::[\d*]+)?\//.exec(pattern) ?? [];
  const isHost = host === "*" || host === hostname || (host.startsWith("*.") && (hostname === host.slice(2) || hostname.endsWith(host.slice(1))));
  return isHost && (scheme === "*" || `${scheme}:` === protocol);
}

/** @param {string} path as a manifest names it */
function clean(path) {
  return path.replace(/^\.?\//, "").replace(/[?#].*$/, "");
}

/**
 * @param {string} code
 * @param {string} file
 * @param {string} message
 * @param {string} fix
 * @returns {Finding}
 */
function error(code, file, message, fix) {
  return { level: "error", code, file, message, fix };
}

/**
 * @param {string} code
 * @param {string} file
 * @param {string} message
 * @param {string} fix
 * @returns {Finding}
 */
function warning(code, file, message, fix) {
  return { level: "warning", code, file, message, fix };
}
