// @ts-check
// Serves the package and the fixtures from an origin of its own, so that the server may be killed under a page and is
// always asked across origins. Also stands in for what is no Syncline server.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { FIXTURES, WWW } from "./places.mjs";

/** @type {{ [extension: string]: string }} */
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

/**
 * Starts a server on a port of the system's choice, or on one that it had before.
 * @param {import("node:http").RequestListener} answer
 * @param {number} [port]
 */
async function listen(answer, port = 0) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(undefined)));
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    async end() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * The site: `/pkg` is the package, all else is in a folder.
 * @param {string} [folder]
 * @param {number} [port] where one was that has ended
 */
export function startSite(folder = FIXTURES, port = 0) {
  return listen(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = path.join(pathname.startsWith("/pkg/") ? WWW : folder, path.normalize(pathname.endsWith("/") ? `${pathname}index.html` : pathname));
    try {
      const body = await readFile(file);
      response.writeHead(200, { "content-type": TYPES[path.extname(file)] ?? "text/plain", "cache-control": "no-cache" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  }, port);
}

/**
 * A page of somebody else's, at every path.
 * @param {string} html
 * @param {{ [header: string]: string }} headers
 */
export function startPage(html, headers) {
  return listen((_request, response) => {
    response.writeHead(200, { "content-type": "text/html", ...headers });
    response.end(html);
  });
}

/**
 * A web server that knows nothing of the protocol: the page of a hotel's network, or of a gateway whose server is gone.
 * @param {number} status
 */
export function startForeign(status) {
  return listen((request, response) => {
    // A browser that may not even ask learns nothing but that it failed.
    response.writeHead(request.method === "OPTIONS" ? 204 : status, { "content-type": "text/html", "access-control-allow-origin": "*", "access-control-allow-headers": "*" });
    response.end("<!doctype html><title>Welcome</title><p>Accept our terms.");
  });
}

/** A web server that takes every request and never answers, but for whether it may be asked. */
export function startSilent() {
  return listen((request, response) => {
    if (request.method === "OPTIONS") response.writeHead(204, { "access-control-allow-origin": "*", "access-control-allow-headers": "*" }).end();
  });
}
