// @ts-check
// The extension's two manifests: what Chromium and the package's own doctor say of them. What Firefox says is in its test.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { startWith } from "./support/extension.mjs";
import { EXTENSION, FIREFOX_EXTENSION } from "./support/places.mjs";
import { test, until } from "./support/until.mjs";

const SYNCLINE = fileURLToPath(new URL("../../pkg/bin/syncline.js", import.meta.url));

test("Chromium has nothing to say against the manifest, and would have of one that serves Firefox too", async (t) => {
  const both = await mkdtemp(path.join(tmpdir(), "syncline-e2e-manifest-"));
  t.after(() => rm(both, { recursive: true, force: true }));
  await writeFile(path.join(both, "background.js"), "");
  await writeFile(path.join(both, "manifest.json"), JSON.stringify({
    manifest_version: 3, name: "Both", version: "1", background: { service_worker: "background.js", scripts: ["background.js"] },
  }));
  const profile = await startWith(t, EXTENSION, both);
  const page = await profile.newPage();
  await page.goto("chrome://extensions");
  // Chromium notes what it has to say for developers only, and when it loads an extension.
  const said = () => page.evaluate(async () => {
    const { developerPrivate } = /** @type {any} */ (chrome);
    await developerPrivate.updateProfileConfiguration({ inDeveloperMode: true });
    const all = (await developerPrivate.getExtensionsInfo()).filter((/** @type {{ location: string }} */ { location }) => location === "UNPACKED");
    for (const { id } of all) await developerPrivate.reload(id, { failQuietly: true });
    return Object.fromEntries((await developerPrivate.getExtensionsInfo()).map((/** @type {any} */ { name, manifestErrors, runtimeErrors }) =>
      [name, [...manifestErrors, ...runtimeErrors].map(({ message }) => message)]));
  });
  const heard = await until("Chromium warns of the other one", async () => {
    const heard = await said();
    return heard.Both?.length > 0 ? heard : null;
  });
  assert.deepEqual(heard.Syncline, []);
});

test("the doctor finds nothing wrong with the extension, neither for Chromium nor for Firefox", async () => {
  for (const folder of [EXTENSION, FIREFOX_EXTENSION]) {
    // A finding ends it with another code, which rejects.
    const { stdout } = await promisify(execFile)(process.execPath, [SYNCLINE, "doctor", folder]);
    assert.match(stdout, /Nothing is wrong/);
  }
});
