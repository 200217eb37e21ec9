// @ts-check
// Reads an extension's folder: its manifest, the paths of its files and the texts of its scripts. Judges only whether it can be read.

import { readFile, readdir } from "node:fs/promises";
import path from "node:path";

/** Larger scripts are not looked into. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * What the folder holds; or a finding where there is no manifest to go by.
 * @param {string} folder
 * @param {string} name of the manifest's file
 * @returns {Promise<{extension: import("./checks.js").Extension} | {finding: import("./checks.js").Finding}>}
 */
export async function read(folder, name) {
  const text = await readFile(path.join(folder, name), "utf8").catch(() => undefined);
  if (text === undefined) {
    return { finding: unreadable("manifest-missing", name, "is not in the folder", `Name the folder that has the ${name}: what a bundler writes, not its sources.`) };
  }
  const manifest = parsed(text);
  if (manifest instanceof Error || typeof manifest !== "object" || manifest === null || Array.isArray(manifest)) {
    return { finding: unreadable("manifest-unreadable", name, `is no JSON object${manifest instanceof Error ? `: ${manifest.message}` : ""}`, "Correct it: comments and trailing commas are no JSON.") };
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)).split(path.sep).join("/"));
  const scripts = files.filter((file) => /\.(?:m?js|html)$/.test(file));
  const texts = await Promise.all(scripts.map(async (file) => /** @type {[string, string]} */ ([file, await textOf(path.join(folder, file))])));
  return { extension: { name, manifest, paths: new Set(files), texts: new Map(texts) } };
}

/** @param {string} file */
async function textOf(file) {
  const bytes = await readFile(file);
  return bytes.length > MAX_BYTES ? "" : bytes.toString("utf8");
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (thrown) {
    return /** @type {Error} */ (thrown);
  }
}

/**
 * @param {string} code
 * @param {string} file
 * @param {string} message
 * @param {string} fix
 * @returns {import("./checks.js").Finding}
 */
function unreadable(code, file, message, fix) {
  return { level: "error", code, file, message, fix };
}
