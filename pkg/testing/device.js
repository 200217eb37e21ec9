// @ts-check
// One device (a browser profile) of a world: its disk, its network and the contexts that are open on it.

import { openOn } from "../syncline.js";
import { Channels } from "./channels.js";
import { Disk } from "./disk.js";
import { Response } from "./http.js";
import { instantiate } from "./instance.js";
import { Locks } from "./locks.js";
import { Network } from "./network.js";
import { Scope } from "./scope.js";
import { socketsOf } from "./sockets.js";

/** How long a `sync()` may take of the virtual time, in milliseconds. */
const PATIENCE = 24 * 60 * 60 * 1_000;

export class Device {
  channels = new Channels();
  locks = new Locks();
  network = new Network(() => this.tellOnline());
  #world;
  /** @type {Map<object, Scope>} */
  #contexts = new Map();
  /** @type {Set<() => void>} */
  #whenOffline = new Set();

  /**
   * @param {import("./world.js").World} world
   * @param {string} name
   */
  constructor(world, name) {
    this.#world = world;
    this.name = name;
    this.clock = world.clock;
    this.random = world.random;
    this.disk = new Disk(this.clock);
    /** Bound, so that it can stand in for the package's own `open`. @type {(options: any) => Promise<any>} */
    this.open = (options) => this.#open(options);
  }

  get isOnline() {
    return this.network.isOnline && this.#world.network.isOnline;
  }

  /** How long an answer takes, in milliseconds. */
  get latency() {
    return this.network.latency + this.#world.network.latency;
  }

  /** @param {object} [context] */
  async crash(context) {
    for (const [syncline, scope] of this.#contexts) {
      if (context !== undefined && context !== syncline) continue;
      scope.die();
      this.#contexts.delete(syncline);
      // Whoever still holds the handle is told that it is closed.
      await /** @type {any} */ (syncline).close();
    }
    await this.clock.settle();
  }

  /** @param {boolean} isFull */
  fillDisk(isFull) {
    this.disk.isFull = isFull;
  }

  /**
   * Answers a request, by way of the networks.
   * @param {import("./http.js").Request} request
   */
  ask(request) {
    const entry = { at: this.clock.now, device: this.name, method: request.method, path: new URL(request.url).pathname, status: /** @type {number | null} */ (null) };
    this.#world.requests.push(entry);
    const ask = () => new Response(this.#world.server.answer(request));
    const response = this.#world.network.pass(request, () => this.network.pass(request, ask));
    entry.status = response.status;
    return response;
  }

  /**
   * What `WebSocket` is in a context.
   * @param {Scope} scope
   */
  sockets(scope) {
    return socketsOf(scope, this, this.#world.server);
  }

  /**
   * Gives a function that ends it.
   * @param {() => void} hear
   */
  whenOffline(hear) {
    this.#whenOffline.add(hear);
    return () => void this.#whenOffline.delete(hear);
  }

  /** Tells every context whether there is a network. */
  tellOnline() {
    const kind = this.isOnline ? "online" : "offline";
    if (!this.isOnline) this.#whenOffline.forEach((hear) => hear());
    this.#contexts.forEach((scope) => scope.soon(() => scope.dispatchEvent(new Event(kind))));
  }

  /** @param {Scope} scope */
  handleDeath(scope) {
    this.disk.handleDeath(scope);
    this.locks.handleDeath(scope);
    this.channels.handleDeath(scope);
  }

  /** @param {any} options */
  async #open(options) {
    const preset = options?.backend === undefined ? { backend: { kind: "syncline", url: this.#world.server.url }, token: () => "test" } : {};
    const { backend, token, ...rest } = { ...preset, ...Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) };
    const scope = new Scope(this);
    const given = { ...rest, ...(backend === null ? {} : { backend }), ...(token === undefined ? {} : { token }) };
    const syncline = await openOn(given, async () => this.#patient(await instantiate(scope)));
    this.#contexts.set(syncline, scope);
    return syncline;
  }

  /**
   * Lets each `sync()` take the virtual time that it waits for: nobody can move the clock while they await it.
   * @param {any} Core
   */
  #patient(Core) {
    const { clock } = this;
    const open = async (/** @type {any[]} */ ...given) => {
      const core = await Core.open(...given);
      const sync = core.sync.bind(core);
      core.sync = (/** @type {any[]} */ ...options) => {
        const syncing = sync(...options);
        clock.until(syncing, PATIENCE);
        return syncing;
      };
      return core;
    };
    return { open };
  }
}
