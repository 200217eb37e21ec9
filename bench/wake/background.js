// The background that is woken: puts one document when it is told to, and says how long what of its start took.

import { background } from "./pkg/extension.js";

const boot = crypto.randomUUID();
const script = performance.now();
const module = { ms: 0 };

// The module is loaded by whichever of the two the package calls; only the time is taken.
for (const name of ["instantiateStreaming", "instantiate"]) {
  const load = WebAssembly[name].bind(WebAssembly);
  WebAssembly[name] = async (...given) => {
    const began = performance.now();
    const loaded = await load(...given);
    module.ms = performance.now() - began;
    return loaded;
  };
}

const syncline = background({ name: "wake", collections: { documents: { indexes: ["dueDate"] } } });

async function put(doc) {
  const asked = performance.now();
  const client = await syncline.client();
  const opened = performance.now();
  await client.collection("documents").put(doc);
  return { boot, script, module: module.ms, open: opened - asked, put: performance.now() - opened, durable: performance.now() };
}

async function fill(docs) {
  const client = await syncline.client();
  await client.collection("documents").putAll(docs);
  return client.collection("documents").count();
}

chrome.runtime.onMessage.addListener(({ call, given }, _sender, answer) => {
  const run = { put, fill }[call];
  if (!run) return false;
  run(given).then(answer, (thrown) => answer({ wrong: String(thrown?.stack ?? thrown) }));
  return true;
});
