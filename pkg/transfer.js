// @ts-check
// Files that hold a whole database: packs what the core exports, and unpacks what it imports. Knows no line of them.

import { invalidArgument } from "./errors.js";

/** @typedef {import("./wasm/core.js").Core} Core */

/**
 * Everything as one file. Parts are read as the compressor takes them, so that few are in memory.
 * @param {Core} core
 * @returns {Promise<Blob>}
 */
export async function pack(core) {
  const exporter = core.exporter();
  try {
    const parts = new ReadableStream({
      async pull(controller) {
        const part = await exporter.next();
        if (part === undefined) {
          controller.close();
        } else {
          controller.enqueue(part);
        }
      },
    });
    const packed = parts.pipeThrough(new CompressionStream("gzip"));
    return await new Response(packed, { headers: { "content-type": "application/gzip" } }).blob();
  } finally {
    exporter.free();
  }
}

/**
 * Takes a file in. Nothing is changed before all of it was read and found good.
 * @param {Core} core
 * @param {unknown} file
 * @param {unknown} mode
 * @returns {Promise<{records: number}>}
 */
export async function unpack(core, file, mode) {
  if (!(file instanceof Blob)) {
    throw invalidArgument("file", "must be a Blob");
  }
  if (mode !== "replace" && mode !== "merge") {
    throw invalidArgument("mode", 'must be "replace" or "merge"');
  }
  const importer = core.importer();
  try {
    const reader = file.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw invalidArgument("file", "is not a file that export() made, or was damaged: it cannot be unpacked");
      });
      if (done) {
        break;
      }
      importer.push(value);
    }
    return { records: await importer.finish(mode === "replace") };
  } finally {
    importer.free();
  }
}
