// @ts-check
// The doctor finds nothing wrong with the sample extension, as it is assembled for Chromium and for Firefox.

import assert from "node:assert/strict";

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
