// @ts-check
// Serves the benchmark's pages and the package on 127.0.0.1, for as long as its process lives. Serves nothing else.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TYPES = /** @type {Record<string, string>} */ ({
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
});
const HEADERS = {
  // Pages that are isolated get clocks of 5 to 20 microseconds instead of 100 to 1,000.
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  // A fresh page loads from the cache, as the second visit to an app does.
  "cache-control": "public, max-age=86400, immutable",
};

/**
 * Starts a server on a free port.
 * @param {string} [pkg] another folder to take the package from
 * @returns {Promise<{origin: string, stop: () => void}>}
 */
export async function serve(pkg = join(ROOT, "pkg")) {
  const folders = /** @type {Record<string, string>} */ ({ bench: join(ROOT, "bench"), pkg });
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const [, top = "", ...rest] = path.split("/");
    const folder = folders[top];
    const type = TYPES[extname(path)];
    try {
      if (folder === undefined || type === undefined) {
        throw new Error("not served");
      }
      const body = await readFile(join(folder, ...rest));
      response.writeHead(200, { ...HEADERS, "content-type": type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
