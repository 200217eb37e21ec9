// @ts-check
// Several devices, one server, one clock and a network between them: all in memory, the same in every run.

import { invalidArgument } from "../errors.js";
import { Clock } from "./clock.js";
import { Device } from "./device.js";
import { Network } from "./network.js";
import { Random } from "./random.js";
import { Server } from "./server.js";

/** The name of the device that `world.open` opens on. */
const FIRST = "device";
/** When a world begins unless it is told: a Thursday morning. */
const MORNING = Date.UTC(2026, 0, 1, 8);

export class World {
  /** Every request that left a device, in order. @type {{at: number, device: string, method: string, path: string, status: number | null}[]} */
  requests = [];
  /** @type {Map<string, Device>} */
  #devices = new Map();

  /** @param {{now?: number | string | Date, seed?: number}} [options] */
  constructor({ now = MORNING, seed = 1 } = {}) {
    const begin = new Date(now).getTime();
    if (Number.isNaN(begin)) throw invalidArgument("now", "must be a time");
    if (!Number.isInteger(seed)) throw invalidArgument("seed", "must be an integer");
    this.clock = new Clock(begin);
    this.random = new Random(seed);
    this.server = new Server(this.clock);
    this.network = new Network(() => this.#devices.forEach((device) => device.tellOnline()));
    /** Bound, so that it can stand in for the package's own `open`. @type {(options: any) => Promise<any>} */
    this.open = (options) => this.device(FIRST).open(options);
  }

  /** @param {string} name */
  device(name) {
    const device = this.#devices.get(name) ?? new Device(this, name);
    this.#devices.set(name, device);
    return device;
  }

  settle() {
    return this.clock.settle();
  }

  async close() {
    for (const device of this.#devices.values()) await device.crash();
  }
}
