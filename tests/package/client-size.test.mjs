// @ts-nocheck: runs in the project that the tarball is installed in.
//
// How large the client for extensions' pages and content scripts is, with everything that it imports. Runs none of it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

/** Bytes of gzip. */
const LIMIT = 5_000;

/**
 * The texts of a module and of all that it imports.
 * @param {string} file
 * @param {Map<string, string>} [found]
 */
async function modules(file, found = new Map()) {
  if (found.has(file)) return found;
  const text = await readFile(file, "utf8");
  found.set(file, text);
  for (const [, from] of text.matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)"/gm)) {
    assert.ok(from.startsWith("."), `${file} imports ${from}`);
    await modules(path.join(path.dirname(file), from), found);
  }
  return found;
}

/** Without what no bundler keeps: comments and indents. Names are as they are written. */
function code(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "").replace(/^\s+/gm, "");
}

test(`syncline/client with everything it imports is ${LIMIT} bytes at most as gzip, and has no Wasm`, async () => {
  const found = await modules("node_modules/syncline/client.js");
  assert.ok(found.size > 1);
  assert.deepEqual([...found.keys()].filter((file) => /wasm|index\.js|load\.js/.test(file)), []);
  const size = gzipSync(code([...found.values()].join("\n")), { level: 9 }).length;
  assert.ok(size <= LIMIT, `${size} bytes`);
});
