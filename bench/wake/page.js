// The page that wakes the background, by a message or as a client, and takes the time until its document is durable.

import { connect } from "./pkg/client.js";

async function ask(call, given) {
  const answer = await chrome.runtime.sendMessage({ call, given });
  if (answer.wrong) throw new Error(answer.wrong);
  return answer;
}

/** The background's own listener puts a document. */
async function byMessage(doc) {
  const began = performance.now();
  const told = await ask("put", doc);
  return { page: performance.now() - began, ...told };
}

/** A client connects and puts a document. */
async function asClient(doc) {
  const began = performance.now();
  const db = await connect();
  await db.collection("documents").put(doc);
  const page = performance.now() - began;
  await db.close();
  return { page };
}

/** How long the module takes from its bytes, without the disk: compiled, and instantiated with what it imports. */
async function compiled() {
  const bytes = await (await fetch("pkg/wasm/core_bg.wasm")).arrayBuffer();
  const began = performance.now();
  const module = await WebAssembly.compile(bytes);
  const compile = performance.now() - began;
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = kind === "function" ? () => {} : new WebAssembly.Memory({ initial: 1 });
  }
  const ready = performance.now();
  await WebAssembly.instantiate(module, imports);
  return { bytes: bytes.byteLength, compile, instantiate: performance.now() - ready };
}

Object.assign(window, { ask, byMessage, asClient, compiled, isReady: true });
