// @ts-check
// A project that holds nothing but the packed package, installed as users install it, and files of a test. Builds nothing.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { WWW } from "./places.mjs";

const run = promisify(execFile);
const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/**
 * Packs the package and installs the tarball, without a network.
 * @param {...string} others packages of this workspace that the project has too
 */
export async function makeProject(...others) {
  const folder = await mkdtemp(path.join(tmpdir(), "syncline-e2e-project-"));
  await writeFile(path.join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const { stdout } = await run("npm", ["pack", path.join(WWW, "pkg"), "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: folder });
  const [{ filename }] = JSON.parse(stdout);
  await run("npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", `./${filename}`], { cwd: folder });
  for (const name of others) {
    await mkdir(path.dirname(path.join(folder, "node_modules", name)), { recursive: true });
    await symlink(path.join(MODULES, name), path.join(folder, "node_modules", name));
  }
  return {
    folder,
    /** @param {string} name */
    file: (name) => path.join(folder, name),
    /**
     * @param {string} name
     * @param {string} text
     */
    async write(name, text) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
      return path.join(folder, name);
    },
    end: () => rm(folder, { recursive: true, force: true }),
  };
}

/** @typedef {Awaited<ReturnType<typeof makeProject>>} Project */
