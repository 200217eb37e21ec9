// @ts-check
// An instance of the core of its own for one context: the module and the glue that is published, with what the glue takes from the
// global scope replaced by what the context has. Replaces nothing for anybody else.

import { readFile } from "node:fs/promises";

/** @type {Promise<{glue: string, module: WebAssembly.Module}> | undefined} */
let loading;

/**
 * The core of one context.
 * @param {import("./scope.js").Scope} scope
 * @returns {Promise<typeof import("../wasm/core.js").Core>}
 */
export async function instantiate(scope) {
  const { glue, module } = await (loading ??= load());
  const names = scope.names();
  // The glue names what it uses, so that parameters of those names stand in for it.
  const make = new Function(...Object.keys(names), "module", glue);
  return make(...Object.values(names), module);
}

async function load() {
  const [glue, bytes] = await Promise.all([
    readFile(new URL("../wasm/core.js", import.meta.url), "utf8"),
    readFile(new URL("../wasm/core_bg.wasm", import.meta.url)),
  ]);
  return { glue: asFunction(glue), module: await WebAssembly.compile(bytes) };
}

/**
 * The body of a function that gives the core, out of the text of a module.
 * @param {string} glue
 */
function asFunction(glue) {
  const body = glue
    .replaceAll(/^export (?=class |function )/gm, "")
    .replaceAll(/^export \{[^}]*\};?/gm, "")
    .replaceAll("import.meta.url", "undefined");
  return `"use strict";\n${body}\ninitSync({ module });\nreturn Core;`;
}
