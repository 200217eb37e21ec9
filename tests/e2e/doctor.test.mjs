// @ts-check
// The doctor finds nothing wrong with the sample extension, as it is assembled for Chromium and for Firefox, nor with what the README shows.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { examine } from "../../pkg/doctor/checks.js";
import { read } from "../../pkg/doctor/folder.js";
import { EXTENSION, FIREFOX_EXTENSION } from "./support/places.mjs";
import { test } from "./support/until.mjs";

for (const folder of [EXTENSION, FIREFOX_EXTENSION]) {
  test(`nothing is wrong with ${folder.split("/").at(-1)}`, async () => {
    const found = await read(folder, "manifest.json");
    assert.ok("extension" in found);
    assert.ok(found.extension.texts.size > 10);
    assert.deepEqual(examine(found.extension), []);
  });
}

test("nothing is wrong with the manifest and the background of the README", async () => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const [, json = ""] = /^```json\n(.*?)^```$/ms.exec(readme) ?? [];
  const [, script = ""] = /^```ts\n(\/\/ background\.js.*?)^```$/ms.exec(readme) ?? [];
  const manifest = { ...JSON.parse(json), host_permissions: ["https://sync.example.org/*"] };
  const texts = new Map([["background.js", script]]);
  assert.ok(script.includes("background("));
  assert.deepEqual(examine({ name: "manifest.json", manifest, paths: new Set(["background.js", "core_bg.wasm"]), texts }), []);
});
