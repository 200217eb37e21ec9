// @ts-check
// Serves the package and the fixtures from 127.0.0.1, and takes the reports that pages send. Knows no browser.

import { EventEmitter, once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../../..");
const FIXTURES = path.join(ROOT, "tests/store/fixtures");
/** The folder with the package in it: that of the tests in Chromium, or the sources'. */
const WWW = path.resolve(process.env.SYNCLINE_WWW ?? ROOT);

/** @type {{ [extension: string]: string }} */
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

/**
 * Starts the site on a port of the system's choice. `heard` emits `report` with what a page posted to `/report`.
 */
export async function startSite() {
  if (!existsSync(path.join(WWW, "pkg/wasm/core_bg.wasm"))) {
    throw new Error(`there is no built package in ${WWW}: run \`cargo xtask pkg\``);
  }
  const heard = new EventEmitter();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/report") {
      let text = "";
      for await (const part of request.setEncoding("utf8")) text += part;
      response.writeHead(204).end();
      heard.emit("report", JSON.parse(text));
      return;
    }
    const file = path.join(pathname.startsWith("/pkg/") ? WWW : FIXTURES, path.normalize(pathname));
    try {
      const body = await readFile(file);
      response.writeHead(200, { "content-type": TYPES[path.extname(file)] ?? "text/plain", "cache-control": "no-cache" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    heard,
    async end() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
