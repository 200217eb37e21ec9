// @ts-check
// The real server: started on a port of the system's choice, killed, started again on the same port and database.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import { SERVER, WWW } from "./places.mjs";

/** Processes that have not ended yet. @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
// Whatever ends this process takes with it what it started.
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

export class Server {
  #folder;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #child;
  url = "";

  /** @param {string} folder */
  constructor(folder) {
    this.#folder = folder;
  }

  /** Starts a server with a new database. */
  static async start() {
    const server = new Server(await mkdtemp(path.join(tmpdir(), "syncline-e2e-")));
    await server.restart();
    return server;
  }

  /** Starts it on the same database and, from the second time on, on the same port; ends first the one that runs. */
  async restart() {
    await this.kill();
    const listen = this.url === "" ? "127.0.0.1:0" : new URL(this.url).host;
    const database = `sqlite://${path.join(this.#folder, "server.db")}`;
    const child = spawn(SERVER, ["serve", "--listen", listen, "--database", database, "--www", WWW], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    this.url = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the server ended before it listened (${code})`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const said = /^listening on (http:\S+)$/.exec(line);
        if (said?.[1]) resolve(said[1]);
      });
    });
  }

  /** Ends it as a power cut would. */
  async kill() {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /** Ends it and deletes its database. */
  async end() {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
