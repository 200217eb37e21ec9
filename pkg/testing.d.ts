// The public API of `syncline/testing`: tests of apps under Node (node:test, Vitest), without a browser and without waiting.

import type { Change, Document, Json, Options, Schema, Syncline } from "./index.js";

/** Makes a world: devices, a server, a network and a clock, all in memory. The same calls lead to the same things in every run. */
export function createWorld(options?: WorldOptions): Promise<World>;

export interface WorldOptions {
  /** When it begins. Default: 2026-01-01T08:00Z. */
  now?: number | string | Date;
  /** What chance is made from: ids, and how long retries wait. Default 1. */
  seed?: number;
}

export interface World {
  readonly clock: Clock;
  /** The network of all devices; each has one of its own too. */
  readonly network: Network;
  readonly server: Server;
  /** Every request that left a device, in order. */
  readonly requests: readonly SentRequest[];
  /** Opens a database on the device named "device". Can stand in for the package's `open`. */
  open<S extends Schema>(options: TestOptions<S>): Promise<Syncline<S>>;
  /** The device of that name; made at the first call. */
  device(name: string): Device;
  /** Resolves when nothing is left to be done at this moment. Moves no clock. */
  settle(): Promise<void>;
  /** Ends everything that is open. */
  close(): Promise<void>;
}

/**
 * The options of `open`. Without a backend it is the world's server, with a token; `null` is none. A server of your own is the world's
 * too, whatever its address, and `wasm` changes nothing: your app can be opened as it is.
 */
export type TestOptions<S extends Schema> = Omit<Options<S>, "backend"> & { backend?: Options<S>["backend"] | null };

/** One browser profile: what it has on disk stays when its contexts end. */
export interface Device {
  readonly name: string;
  readonly network: Network;
  /** Opens a database in a context of its own, as a tab or a worker does. Can stand in for the package's `open`. */
  open<S extends Schema>(options: TestOptions<S>): Promise<Syncline<S>>;
  /** Ends one context, or all, in the middle of whatever they do: nothing of them happens from here on. Open again to go on. */
  crash(context?: object): Promise<void>;
  /** From here on commits that write fail with `quota-exceeded`, or no longer do. */
  fillDisk(isFull: boolean): void;
}

/** Time passes when it is told to, and while a `sync()` waits for it. */
export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Moves on: runs what is due, in order, and lets each come to rest. */
  advance(milliseconds: number): Promise<void>;
}

export interface Network {
  offline(): void;
  online(): void;
  /** The next request is answered with an error of that status, and does not reach the server. `retryAfter` is in seconds. */
  failNext(status: number, options?: { retryAfter?: number; code?: string } & Which): void;
  /** The next request does not arrive. */
  dropNext(options?: Which): void;
  /** The next push, or what `to` says, arrives and its answer does not. */
  loseNextAnswer(options?: Which): void;
  /** How long answers and hints take from here on, in milliseconds. */
  delay(milliseconds: number): void;
}

export interface Which {
  /** How many requests. Default 1. */
  times?: number;
  /** Only requests of this kind count. Default: any. */
  to?: "push" | "pull";
}

export interface SentRequest {
  readonly at: number;
  readonly device: string;
  readonly method: string;
  readonly path: string;
  /** Null: no answer came. */
  readonly status: number | null;
}

/** A backend in the process: it decides as the reference server does. */
export interface Server {
  /** What a backend's `url` is where none is given. */
  readonly url: string;
  /** Every change that was accepted, in order. */
  readonly history: readonly AcceptedChange[];
  /** The documents of a collection. */
  records(collection: string): Document[];
  get(collection: string, id: string): Document | undefined;
  /** Writes as a device that is not in this world. `editedAt` is when the edit was made; default: now. */
  put(collection: string, doc: Document, options?: { editedAt?: number }): void;
  delete(collection: string, id: string, options?: { editedAt?: number }): void;
  /** Refuses changes for good. Returns a function that takes the rule back. */
  reject(holds: (change: Change) => boolean, refusal?: { code?: "invalid-document" | "too-large" | "forbidden" | "unknown-collection"; message?: string }): () => void;
  /** Begins with an empty database, as a server that lost its own. */
  reset(): void;
}

export interface AcceptedChange {
  /** The change's id. */
  readonly change: string;
  readonly device: string;
  readonly at: number;
  readonly editedAt: number;
  readonly collection: string;
  readonly record: string;
  readonly op: Change["op"];
  readonly version: number;
  /** The document as it was then; null: deleted. */
  readonly data: Json | null;
}
