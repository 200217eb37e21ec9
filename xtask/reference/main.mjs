// @ts-check
// Writes the reference of every entry of the package into docs/api; with --check only says whether it is current.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { reference } from "./markdown.mjs";

const ROOT = path.resolve(import.meta.dirname, "../..");
const HOME = path.join(ROOT, "docs/api");

const manifest = JSON.parse(await readFile(path.join(ROOT, "pkg/package.json"), "utf8"));
const pages = await written(manifest.exports);
const isCheck = process.argv.includes("--check");
const stale = await differing(pages);
if (isCheck && stale.length > 0) {
  console.error(`docs/api is not what the types say (${stale.join(", ")}): run \`cargo xtask docs\``);
  process.exitCode = 1;
} else if (!isCheck) {
  await rm(HOME, { recursive: true, force: true });
  await mkdir(HOME, { recursive: true });
  await Promise.all([...pages].map(([name, text]) => writeFile(path.join(HOME, name), text)));
}

/**
 * Every page by the name of its file.
 * @param {Record<string, any>} entries
 */
async function written(entries) {
  /** @type {Map<string, string>} */
  const pages = new Map();
  const rows = [];
  for (const [entry, { types }] of Object.entries(entries)) {
    if (typeof types !== "string") continue;
    const name = `syncline${entry.slice(1)}`;
    const page = `${name.replaceAll("/", "-")}.md`;
    const file = path.posix.join("pkg", types);
    pages.set(page, reference(name, file, await readFile(path.join(ROOT, file), "utf8")));
    rows.push(`- [\`${name}\`](${page})`);
  }
  const intro = "What each entry of the package exports, made by `cargo xtask docs` from the types. [The guide](../guide/README.md) says how it is meant to be used together.";
  return pages.set("README.md", `# The API\n\n${intro}\n\n${rows.join("\n")}\n`);
}

/** @param {Map<string, string>} pages */
async function differing(pages) {
  const there = await readdir(HOME).catch(() => /** @type {string[]} */ ([]));
  const differs = async (/** @type {string} */ name) => pages.get(name) !== (await readFile(path.join(HOME, name), "utf8").catch(() => undefined));
  const names = [...new Set([...pages.keys(), ...there])];
  const results = await Promise.all(names.map(differs));
  return names.filter((_name, at) => results[at]);
}
