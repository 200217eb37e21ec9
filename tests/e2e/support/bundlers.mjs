// @ts-check
// The bundlers, each as the guide says to set it up: makes `main.js` of one entry, with what it needs beside it. Tries nothing.

import path from "node:path";

import { nodeResolve } from "@rollup/plugin-node-resolve";
// @ts-expect-error: its types are not among its exports.
import { importMetaAssets } from "@web/rollup-plugin-import-meta-assets";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";

/**
 * @typedef {object} Job
 * @property {string} folder of the project
 * @property {string} entry
 * @property {string} out the folder for what is made
 * @property {string[]} [external] modules that are left out
 * @property {"production" | "development"} [mode] which build of React goes in
 */

export const bundlers = {
  /** @param {Job} job */
  vite: ({ folder, entry, out, external = [], mode = "production" }) => vite({
    root: folder,
    mode,
    configFile: false,
    logLevel: "error",
    // Relative addresses: the page may be in any folder.
    base: "./",
    define: { "process.env.NODE_ENV": JSON.stringify(mode) },
    build: {
      outDir: out,
      emptyOutDir: true,
      modulePreload: false,
      rolldownOptions: { input: entry, external, preserveEntrySignatures: "strict", output: { entryFileNames: "main.js" } },
    },
  }),

  /** @param {Job} job */
  webpack: ({ folder, entry, out, external = [] }) => new Promise((resolve, reject) => {
    const compiler = webpack({
      context: folder,
      mode: "production",
      entry,
      experiments: { outputModule: true },
      externals: external,
      externalsType: "module",
      output: { path: out, filename: "main.js", library: { type: "module" } },
    });
    compiler?.run((error, stats) => {
      compiler.close(() => {});
      if (error ?? stats?.hasErrors()) reject(error ?? new Error(stats?.toString("errors-only")));
      else resolve(undefined);
    });
  }),

  /** @param {Job} job */
  esbuild: ({ folder, entry, out, external = [] }) => esbuild.build({
    absWorkingDir: folder,
    entryPoints: [entry],
    outfile: path.join(out, "main.js"),
    bundle: true,
    minify: true,
    format: "esm",
    external,
    // What `import wasm from "syncline/wasm"` gives: the address of a copy.
    loader: { ".wasm": "file" },
    logLevel: "silent",
  }),

  /** @param {Job} job */
  async rollup({ entry, out, external = [] }) {
    const bundle = await rollup({ input: entry, external, plugins: [nodeResolve(), importMetaAssets()] });
    await bundle.write({ dir: out, format: "es", entryFileNames: "main.js" });
    await bundle.close();
  },
};
