#!/usr/bin/env node
// @ts-check
// The command `syncline`: `npx syncline doctor DIR`. Prints what `doctor/` finds; changes no file.

import { parseArgs } from "node:util";

import { examine } from "../doctor/checks.js";
import { read } from "../doctor/folder.js";

const USAGE = `Usage: syncline doctor DIR [--manifest FILE] [--json]

Checks the folder of a browser extension that uses Syncline. Ends with 1 where something is wrong, 0 else.

  --manifest FILE   the manifest in the folder (default: manifest.json)
  --json            prints the findings as JSON: [{ level, code, file, message, fix }]
`;

process.exitCode = await main(process.argv.slice(2));

/** @param {string[]} given */
async function main(given) {
  let asked;
  try {
    asked = parseArgs({ args: given, allowPositionals: true, options: { manifest: { type: "string", default: "manifest.json" }, json: { type: "boolean", default: false }, help: { type: "boolean", default: false } } });
  } catch (thrown) {
    console.error(`${/** @type {Error} */ (thrown).message}\n\n${USAGE}`);
    return 2;
  }
  const [command, folder, ...others] = asked.positionals;
  if (asked.values.help) {
    console.log(USAGE);
    return 0;
  }
  if (command !== "doctor" || folder === undefined || others.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const found = await read(folder, asked.values.manifest);
  const findings = "finding" in found ? [found.finding] : examine(found.extension);
  console.log(asked.values.json ? JSON.stringify(findings, null, 2) : told(findings));
  return findings.some(({ level }) => level === "error") ? 1 : 0;
}

/** @param {import("../doctor/checks.js").Finding[]} findings */
function told(findings) {
  if (findings.length === 0) return "Nothing is wrong with this extension.";
  const lines = findings.map(({ level, code, file, message, fix }) => `${level.padEnd(7)} ${file}: ${message} [${code}]\n        ${fix}`);
  const errors = findings.filter(({ level }) => level === "error").length;
  return `${lines.join("\n")}\n\n${count(errors, "error")}, ${count(findings.length - errors, "warning")}`;
}

/**
 * @param {number} number
 * @param {string} what
 */
function count(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
