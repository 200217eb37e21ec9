// @ts-check
// The blocks of the guide's chapters: those that are files, by their names, and the commands. Runs nothing.

import { readFile } from "node:fs/promises";

/** @param {string} chapter */
async function text(chapter) {
  return readFile(new URL(`../../../docs/guide/${chapter}`, import.meta.url), "utf8");
}

/**
 * The files that a chapter shows: each block says its name behind its language.
 * @param {string} chapter
 * @returns {Promise<Map<string, string>>}
 */
export async function filesOf(chapter) {
  const blocks = [...(await text(chapter)).matchAll(/^```(?:js|json|html) (\S+)\n(.*?)^```$/gms)];
  return new Map(blocks.map(([, name = "", code = ""]) => [name, code]));
}

/**
 * The lines of shell that a chapter shows, without comments.
 * @param {string} chapter
 */
export async function commandsOf(chapter) {
  const blocks = [...(await text(chapter)).matchAll(/^```sh\n(.*?)^```$/gms)];
  const lines = blocks.flatMap(([, code = ""]) => code.replaceAll("\\\n", " ").split("\n"));
  return lines.map((line) => line.replace(/\s+#.*$/, "").replaceAll(/\s+/g, " ").trim()).filter((line) => line !== "");
}

/**
 * What a chapter shows that no test could know: blocks of the languages that are run, without a name.
 * @param {string} chapter
 */
export async function namelessOf(chapter) {
  return [...(await text(chapter)).matchAll(/^```(\S*)(.*)$/gm)].map(([, language = "", rest = ""]) => `${language}${rest}`)
    .filter((fence) => fence !== "" && fence !== "ts" && fence !== "sh" && !/^(?:js|json|html) \S+$/.test(fence));
}
