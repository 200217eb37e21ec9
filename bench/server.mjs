// @ts-check
// The reference server as the benchmark of sync uses it: a process on 127.0.0.1 with a database of its own, and users whose data
// is pushed from outside any browser. Measures nothing.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Changes in one push. */
const BATCH = 1_000;

/** @typedef {{url: string, token: string, collection: string}} Account */

/** Starts the server; `stop` ends it and deletes its database. */
export async function startServer() {
  const program = process.env.SYNCLINE_SERVER;
  if (program === undefined) {
    throw new Error("SYNCLINE_SERVER does not name the server's program");
  }
  const folder = await mkdtemp(join(tmpdir(), "bench-server-"));
  const database = `sqlite://${join(folder, "server.db")}`;
  const child = spawn(program, ["serve", "--listen", "127.0.0.1:0", "--database", database], { stdio: ["ignore", "pipe", "inherit"] });
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  /** @type {string} */
  const url = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended before it listened (${code})`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = /^listening on (http:\S+)$/.exec(line);
      if (said?.[1]) resolve(said[1]);
    });
  });
  return {
    /** A new user. @returns {Promise<Account>} */
    async account() {
      const body = { email: `${randomUUID()}@example.org`, password: randomUUID() };
      const { token } = await post(`${url}/v1/auth/register`, body);
      return { url, token, collection: "todos" };
    },
    async stop() {
      process.off("exit", end);
      const ended = new Promise((resolve) => child.once("exit", resolve));
      end();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Puts new records into an account, as another device would.
 * @param {Account} account
 * @param {readonly {id: string}[]} docs
 */
export async function seed({ url, token, collection }, docs) {
  for (let first = 0; first < docs.length; first += BATCH) {
    const changes = docs.slice(first, first + BATCH).map((doc) => {
      return { id: randomUUID(), collection, record: doc.id, op: "put", base: null, data: doc, editedAt: Date.now() };
    });
    const { results } = await post(`${url}/v1/push`, { device: "seed", changes }, token);
    const refused = results.find((/** @type {any} */ { status }) => status !== "applied");
    if (refused) {
      throw new Error(`the server did not take a record: ${JSON.stringify(refused)}`);
    }
  }
}

/**
 * @param {string} url
 * @param {object} body
 * @param {string} [token]
 * @returns {Promise<any>}
 */
async function post(url, body, token) {
  const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) {
    throw new Error(`POST ${url}: ${response.status}`);
  }
  return response.json();
}
