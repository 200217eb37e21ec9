// @ts-nocheck: runs in the project that the tarball is installed in.
//
// `npx syncline doctor` as it is installed: a folder for each finding, that has nothing else wrong with it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { examine } from "./node_modules/syncline/doctor/checks.js";
import { read } from "./node_modules/syncline/doctor/folder.js";

const COMMAND = "node_modules/.bin/syncline";

/** An extension with nothing wrong, as its files. */
const HEALTHY = {
  "manifest.json": {
    manifest_version: 3,
    name: "Todos",
    version: "1.0",
    background: { service_worker: "background.js", scripts: ["background.js"], type: "module" },
    permissions: ["alarms", "unlimitedStorage"],
    host_permissions: ["https://*.example.org/*"],
    content_security_policy: { extension_pages: "script-src 'self' 'wasm-unsafe-eval'; object-src 'self'" },
    browser_specific_settings: { gecko: { id: "todos@example.org" } },
    action: { default_popup: "popup.html?from=action" },
    content_scripts: [{ matches: ["https://*/*"], js: ["content.js"] }],
  },
  "background.js": 'import { background } from "./syncline/extension.js";\nbackground({ name: "todos", collections: { todos: {} }, backend: { kind: "syncline", url: "https://sync.example.org" } });\n',
  "popup.html": '<!doctype html><script type="module" src="popup.js"></script>\n',
  "popup.js": 'import { connect } from "./syncline/client.js";\nawait connect();\n',
  "content.js": '// Not import { open } from "syncline".\nimport(chrome.runtime.getURL("syncline/client.js")).then(({ connect }) => connect());\n',
  "syncline/client.js": "export function connect() {}\n",
  "syncline/extension.js": 'import { loadCore } from "./load.js";\nexport function background() {}\n',
  "syncline/load.js": 'import init from "./wasm/core.js";\n',
  "syncline/wasm/core.js": 'new URL("core_bg.wasm", import.meta.url);\n',
  "syncline/wasm/core_bg.wasm": "\0asm",
};

/** The healthy extension with another manifest. @param {object} other */
const manifest = (other) => ({ "manifest.json": { ...HEALTHY["manifest.json"], ...other } });

/** What is changed in the healthy extension, and the one finding that this makes. A file that is null is taken away. */
const CASES = [
  { code: "manifest-missing", level: "error", files: { "manifest.json": null } },
  { code: "manifest-unreadable", level: "error", files: { "manifest.json": '{ "manifest_version": 3, }' } },
  { code: "manifest-unreadable", level: "error", files: { "manifest.json": "[]" } },
  { code: "manifest-version", level: "error", files: manifest({ manifest_version: 2 }) },
  { code: "file-missing", level: "error", files: { "popup.html": null } },
  { code: "policy", level: "error", files: manifest({ content_security_policy: undefined }) },
  { code: "policy", level: "error", files: manifest({ content_security_policy: { extension_pages: "script-src 'self'; object-src 'self'" } }) },
  { code: "policy-form", level: "error", files: manifest({ content_security_policy: "script-src 'self' 'wasm-unsafe-eval'" }) },
  { code: "wasm-missing", level: "error", files: { "syncline/wasm/core_bg.wasm": null } },
  { code: "wasm-missing", level: "error", files: { "syncline/wasm/core_bg.wasm": null, "syncline/wasm/core.js": null, "background.js": "background();\n" } },
  { code: "background-missing", level: "error", files: manifest({ background: undefined }) },
  { code: "background-type", level: "error", files: manifest({ background: { service_worker: "background.js", scripts: ["background.js"] } }) },
  { code: "background-dynamic-import", level: "warning", files: { "background.js": 'import("./syncline/extension.js").then(({ background }) => background({}));\n' } },
  { code: "firefox-background", level: "error", files: manifest({ background: { service_worker: "background.js", type: "module" } }) },
  { code: "firefox-persistent", level: "error", files: manifest({ background: { ...HEALTHY["manifest.json"].background, persistent: false } }) },
  { code: "firefox-id", level: "warning", files: manifest({ browser_specific_settings: { gecko: {} } }) },
  { code: "alarms", level: "error", files: manifest({ permissions: ["unlimitedStorage"] }) },
  { code: "alarms", level: "warning", files: { ...manifest({ permissions: ["unlimitedStorage"] }), "background.js": 'import { open } from "./syncline/index.js";\n', "syncline/index.js": "" } },
  { code: "storage-unused", level: "warning", files: manifest({ permissions: ["alarms", "storage", "unlimitedStorage"] }) },
  { code: "unlimited-storage", level: "warning", files: manifest({ permissions: ["alarms"] }) },
  { code: "host-permission", level: "warning", files: manifest({ host_permissions: ["https://example.com/*", "http://sync.example.org/*"] }) },
  { code: "content-script-module", level: "error", files: { "content.js": 'import { connect } from "./syncline/client.js";\nconnect();\n' } },
  { code: "content-script-wasm", level: "error", files: { "content.js": 'import(chrome.runtime.getURL("syncline/index.js")).then(({ open }) => open({}));\n' } },
  { code: "content-script-wasm", level: "error", files: { "content.js": 'const wasm = new URL("assets/core_bg-1a2b3c.wasm", location.href);\n' } },
];

/** What has to be left alone. */
const FINE = [
  { name: "the healthy extension", files: {} },
  { name: "chrome.storage where it is used", files: { ...manifest({ permissions: ["alarms", "storage", "unlimitedStorage"] }), "popup.js": 'await chrome.storage.local.get("theme");\n' } },
  { name: "a bundled background that imports nothing", files: { ...manifest({ background: { service_worker: "background.js", scripts: ["background.js"] } }), "background.js": "(()=>{self.alarms=1})();\n" } },
  { name: "an extension for Chrome alone", files: manifest({ background: { service_worker: "background.js", type: "module" }, browser_specific_settings: undefined }) },
  { name: "a host permission for every host", files: manifest({ host_permissions: ["<all_urls>"] }) },
  { name: "no backend that could be told", files: { ...manifest({ host_permissions: undefined }), "background.js": 'import { background } from "./syncline/extension.js";\nbackground(async () => (await import.meta.settings()));\n' } },
];

/** What the command finds, without a process for each. @param {string} folder */
async function found(folder) {
  const { extension, finding } = await read(folder, "manifest.json");
  return extension ? examine(extension) : [finding];
}

/** Runs the command. @returns {Promise<{ status: number, stdout: string, stderr: string }>} */
function run(command, ...args) {
  return new Promise((resolve) => {
    execFile(command, args, (error, stdout, stderr) => resolve({ status: error?.code ?? 0, stdout, stderr }));
  });
}

/** Makes a folder of the healthy extension with changes, and hands it over. */
async function withFolder(changes, body) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "syncline-doctor-"));
  try {
    for (const [name, content] of Object.entries({ ...HEALTHY, ...changes })) {
      if (content === null) continue;
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
    }
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

for (const { code, level, files } of CASES) {
  test(`doctor finds ${code} (${level}) in ${Object.keys(files).join(", ")}: ${JSON.stringify(Object.values(files)[0])?.slice(0, 60)}`, async () => {
    await withFolder(files, async (folder) => {
      const findings = await found(folder);
      assert.deepEqual(findings.map((finding) => [finding.code, finding.level]), [[code, level]]);
      assert.ok(findings[0].message !== "" && findings[0].fix !== "" && findings[0].file !== "");
    });
  });
}

for (const { name, files } of FINE) {
  test(`doctor leaves alone: ${name}`, async () => {
    assert.deepEqual(await withFolder(files, found), []);
  });
}

test("npx runs it, and it tells people what to do", async () => {
  const ill = await withFolder(manifest({ permissions: [] }), (folder) => run("npx", "--no-install", "syncline", "doctor", folder));
  assert.equal(ill.status, 1);
  assert.match(ill.stdout, /^error +manifest\.json: .*\[alarms\]\n +Add "alarms" to "permissions"\.\nwarning .*\[unlimited-storage\]\n.*\n\n1 error, 1 warning\n$/);
  const well = await withFolder({}, (folder) => run("npx", "--no-install", "syncline", "doctor", folder));
  assert.deepEqual([well.status, well.stdout], [0, "Nothing is wrong with this extension.\n"]);
});

test("warnings alone are no failure, and JSON is the findings", async () => {
  const { status, stdout } = await withFolder(manifest({ permissions: ["alarms"] }), (folder) => run(COMMAND, "doctor", folder, "--json"));
  const [finding, ...others] = JSON.parse(stdout);
  assert.deepEqual([status, Object.keys(finding), finding.code, others], [0, ["level", "code", "file", "message", "fix"], "unlimited-storage", []]);
});

test("another manifest can be named", async () => {
  const files = { "manifest.firefox.json": { ...HEALTHY["manifest.json"], content_security_policy: undefined } };
  const { stdout } = await withFolder(files, (folder) => run(COMMAND, "doctor", folder, "--manifest", "manifest.firefox.json", "--json"));
  assert.deepEqual(JSON.parse(stdout).map(({ code, file }) => [code, file]), [["policy", "manifest.firefox.json"]]);
});

test("a command that it does not know, an option that it has not, or no folder is told with the usage", async () => {
  for (const args of [[], ["doctor"], ["heal", "."], ["doctor", ".", "--fix"]]) {
    const { status, stderr } = await run(COMMAND, ...args);
    assert.equal(status, 2, args.join(" "));
    assert.match(stderr, /Usage: syncline doctor DIR/);
  }
  assert.match((await run(COMMAND, "--help")).stdout, /^Usage/);
});
