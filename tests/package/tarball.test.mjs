// @ts-nocheck: `syncline` is the installed tarball, which only exists in the project this file is copied into.
//
// Tries the packed npm package in a project that holds nothing else. `cargo xtask pkg` copies this file there.
// Does not test what the package does in browsers.

import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { test } from "node:test";

const home = new URL("node_modules/syncline/", import.meta.url);
const manifest = JSON.parse(await readFile(new URL("package.json", home), "utf8"));
const entries = Object.entries(manifest.exports);

test("the package has a main entry with types, and no dependency", () => {
  assert.ok(manifest.exports["."].types);
  assert.deepEqual(manifest.dependencies ?? {}, {});
});

for (const [entry, target] of entries) {
  const name = `syncline${entry.slice(1)}`;
  for (const file of typeof target === "string" ? [target] : Object.values(target)) {
    test(`${name}: ${file} is in the tarball`, async () => {
      assert.ok((await stat(new URL(file, home))).size > 0);
    });
  }
  test(`${name} resolves and loads`, async () => {
    const address = import.meta.resolve(name);
    if (address.endsWith(".wasm")) {
      assert.ok(WebAssembly.validate(await readFile(new URL(address))));
    } else if (address.endsWith(".json")) {
      assert.equal(JSON.parse(await readFile(new URL(address), "utf8")).name, "syncline");
    } else if (entry.slice(2) in (manifest.peerDependencies ?? {})) {
      // A framework is the app's to bring; where it is not, the entry asks for it and for nothing else.
      await assert.rejects(import(name), { code: "ERR_MODULE_NOT_FOUND", message: new RegExp(`'${entry.slice(2)}'`) });
      assert.ok(manifest.peerDependenciesMeta[entry.slice(2)].optional);
    } else {
      assert.ok(await import(name));
    }
  });
}

test("the installed package keeps records in a database and finds them when it is opened again", async () => {
  await import(new URL(`file://${process.env.FAKE_INDEXEDDB}`));
  const { open, SynclineError, version } = await import("syncline");
  assert.equal(version, manifest.version);
  const wasm = await readFile(new URL(import.meta.resolve("syncline/wasm")));
  const options = { name: "tarball", collections: { todos: {} }, wasm };

  const first = await open(options);
  const todos = first.collection("todos");
  const milk = await todos.put({ title: "Milk", done: false });
  await todos.putAll([{ title: "Bread", done: true }, { title: "Eggs", done: false }]);
  await todos.update(milk.id, { done: true });
  await assert.rejects(todos.put({ title: () => "not JSON" }), (error) => {
    return error instanceof SynclineError && error.code === "invalid-document";
  });
  await first.close();

  const again = await open(options);
  const found = await again.collection("todos").list({ where: { done: true }, orderBy: "title" });
  assert.deepEqual(found.map((doc) => doc.title), ["Bread", "Milk"]);
  assert.equal(await again.collection("todos").count(), 3);
  assert.equal((await again.pending()).length, 3);
  await again.close();
});
