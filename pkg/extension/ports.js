// @ts-check
// Serves the database that a background has open to clients over ports. Opens nothing itself, and decides nothing.
//
// Messages from a client:
//   {hello: client, kinds, isSeen}              who it is, which events it hears, whether anybody sees it; again when that changes
//   {ask: n, call, args, at, of, heard, again?} one call of calls.js: arguments as JSON text, when it was first asked, and of
//                                               which database; all before `heard` were answered; `again`: it was sent before
//   {stop: n}                                   gives up a call
//   {live: n, collection, query}, {unlive: n}   begins and ends a live query
// and to it:
//   {welcome: {name, device, collections, of}}  there is a database
//   {status, metrics}
//   {answer: n, value} or {answer: n, error}
//   {live: n, at, drop, docs}                   so many documents from there on are these instead; `at` null: all; or {live: n, error}
//   {event, detail}
// Documents go as they are, or as their id where the client has that very one already.

import { decideEdits } from "./again.js";
import { SynclineError } from "../errors.js";
import { Outcomes } from "./outcomes.js";
import { CALLS, Documents } from "./calls.js";
import { recordOf } from "./touched.js";

/** @typedef {import("../index.js").Syncline<any>} Syncline */
/** @typedef {{client: Syncline, of: string, collections: readonly string[], touched: import("./touched.js").Touched}} Opened */

const EVENTS = /** @type {const} */ (["change", "conflict", "parked", "progress", "sync", "error"]);

/** All ports of a background. */
export class Ports {
  /** @type {Set<Served>} */
  #served = new Set();
  outcomes = new Outcomes();
  /** When this life began. */
  bornAt = Date.now();
  opened;

  /** @param {() => Promise<Opened>} opened gives the database, opened where it is not */
  constructor(opened) {
    this.opened = opened;
  }

  /** @param {chrome.runtime.Port} port */
  accept(port) {
    const served = new Served(this, port);
    this.#served.add(served);
    port.onDisconnect.addListener(() => {
      this.#served.delete(served);
      served.end();
    });
  }

  /** Whether anybody looks at what a client shows. */
  isWatched() {
    return [...this.#served].some((served) => served.isWatching);
  }

  /** Ends all ports once what they write is written: clients connect anew. */
  async restart() {
    const ended = [...this.#served];
    this.#served.clear();
    await this.outcomes.settled();
    ended.forEach((served) => served.disconnect());
  }
}

/** One port. */
export class Served {
  #ports;
  #port;
  #over = new AbortController();
  #client = "";
  /** @type {Set<string>} */
  #kinds = new Set();
  #isSeen = false;
  #isDirty = false;
  /** @type {Opened | undefined} */
  #opened;
  /** What was asked again comes before what is asked for the first time. */
  #turn = Promise.resolve();
  /** @type {Map<number, AbortController>} */
  #stops = new Map();
  /** @type {Map<number, {stop: () => void, sent: readonly any[] | undefined}>} */
  #lives = new Map();
  /** The documents that the client has. @type {Map<string, Map<string, object>>} */
  #held = new Map();
  /** Files on their way, in parts, by number. @type {Map<number, Blob[]>} */
  files = new Map();
  #lastFile = 0;

  /**
   * @param {Ports} ports
   * @param {chrome.runtime.Port} port
   */
  constructor(ports, port) {
    this.#ports = ports;
    this.#port = port;
    port.onMessage.addListener((message) => this.#hear(message));
    ports.opened().then((opened) => this.#begin(opened), () => {});
  }

  get isWatching() {
    return this.#isSeen && this.#kinds.size + this.#lives.size > 0;
  }

  /** The client is gone. */
  end() {
    this.#over.abort();
    this.#lives.forEach(({ stop }) => stop());
    this.#lives.clear();
  }

  disconnect() {
    this.end();
    this.#port.disconnect();
  }

  /**
   * Documents on their way to the client.
   * @param {string} collection
   * @param {readonly any[]} docs
   */
  #pack(collection, docs) {
    let held = this.#held.get(collection);
    if (held === undefined) this.#held.set(collection, (held = new Map()));
    return docs.map((doc) => {
      if (doc === undefined) return null;
      if (held.get(doc.id) === doc) return doc.id;
      held.set(doc.id, doc);
      return doc;
    });
  }

  /** @param {Blob[]} parts */
  keepFile(parts) {
    this.files.set((this.#lastFile += 1), parts);
    return this.#lastFile;
  }

  /** @param {Opened} opened */
  #begin(opened) {
    if (this.#over.signal.aborted || this.#opened === opened) return;
    this.#opened = opened;
    const { client, of, collections } = opened;
    const { signal } = this.#over;
    client.addEventListener("status", () => this.#soil(), { signal });
    for (const kind of EVENTS) {
      client.addEventListener(kind, ({ detail }) => this.#kinds.has(kind) && this.#post({ event: kind, detail: this.#told(kind, detail) }), { signal });
    }
    this.#post({ welcome: { name: client.name, device: client.device, collections, of }, ...this.#standing(client) });
  }

  /** @param {any} message */
  #hear(message) {
    if (message.hello) {
      this.#client = message.hello;
      this.#kinds = new Set(message.kinds);
      this.#isSeen = message.isSeen;
    } else if (message.ask) {
      void this.#answer(message);
    } else if (message.stop) {
      this.#stops.get(message.stop)?.abort();
    } else if (message.live) {
      this.#listen(message).catch((thrown) => this.#post({ live: message.live, error: plain(thrown) }));
    } else if (message.unlive) {
      this.#lives.get(message.unlive)?.stop();
      this.#lives.delete(message.unlive);
    }
  }

  /** @param {import("../client/link.js").Ask} ask */
  async #answer(ask) {
    const { outcomes } = this.#ports;
    const call = Object.hasOwn(CALLS, ask.call) ? CALLS[ask.call] : undefined;
    const stop = new AbortController();
    this.#stops.set(ask.ask, stop);
    outcomes.forget(this.#client, ask.heard);
    const known = ask.again ? outcomes.of(this.#client, ask.ask) : undefined;
    const outcome = known ?? this.#turn.then(() => this.#outcome(ask, call, stop.signal));
    if (call?.edits || call?.again) outcomes.keep(this.#client, ask.ask, outcome);
    if (ask.again) this.#turn = outcome.then(() => {});
    const { value, error } = await outcome;
    this.#stops.delete(ask.ask);
    this.#tellStatus();
    this.#post(error ? { answer: ask.ask, error } : { answer: ask.ask, value: value instanceof Documents ? this.#pack(value.collection, value.docs) : value });
  }

  /**
   * What becomes of a call; never rejects.
   * @param {import("../client/link.js").Ask} ask
   * @param {import("./calls.js").Call | undefined} call
   * @param {AbortSignal} signal
   * @returns {import("./outcomes.js").Outcome}
   */
  async #outcome({ call: name, args: text, at, of, again }, call, signal) {
    try {
      const opened = await this.#ports.opened();
      this.#begin(opened);
      if (call === undefined) throw new SynclineError("invalid-argument", `call: there is no \`${name}\``);
      if (of !== undefined && of !== opened.of) {
        throw new SynclineError("closed", "the background opened another database after this was asked", true);
      }
      const args = JSON.parse(text);
      const edits = call.edits?.(args) ?? [];
      const verdict = again ? await this.#verdict(opened, call, args, edits, at) : "ask";
      if (verdict === "in-doubt") {
        throw new SynclineError("aborted", "the background ended before it could say whether this was done, and what it was about has changed since", true, { inDoubt: true });
      }
      const value = await (verdict === "done" ? repeat(opened.client, name, edits) : this.#run(opened, call, args, edits, signal));
      return { value: value ?? null };
    } catch (thrown) {
      return { error: plain(thrown) };
    }
  }

  /**
   * @param {Opened} opened
   * @param {import("./calls.js").Call} call
   * @param {any[]} args
   * @param {readonly import("./calls.js").Named[]} edits
   * @param {number} askedAt
   */
  async #verdict({ client, touched }, call, args, edits, askedAt) {
    const times = { askedAt, bornAt: this.#ports.bornAt };
    if (edits.length === 0) return (await call.again?.(client, args, times)) ?? "ask";
    const known = edits.map(async ({ collection, id, edit }) => ({
      edit,
      seen: await client.collection(collection).get(id),
      isTouched: touched.isTouched(this.#client, collection, recordOf(collection, id)),
    }));
    return decideEdits({ ...times, now: Date.now(), edits: await Promise.all(known) });
  }

  /**
   * @param {Opened} opened
   * @param {import("./calls.js").Call} call
   * @param {any[]} args
   * @param {readonly import("./calls.js").Named[]} edits
   * @param {AbortSignal} signal
   */
  async #run({ client, touched }, call, args, edits, signal) {
    const end = touched.begin(this.#client, edits.map(({ collection, id }) => recordOf(collection, id)));
    try {
      return await call.run(this, client, args, signal);
    } finally {
      end();
    }
  }

  /** @param {{live: number, collection: string, query: string}} question */
  async #listen({ live: number, collection, query }) {
    const live = { stop: () => {}, sent: /** @type {readonly any[] | undefined} */ (undefined) };
    this.#lives.set(number, live);
    const opened = await this.#ports.opened();
    if (this.#over.signal.aborted || this.#lives.get(number) !== live) return;
    this.#begin(opened);
    const [asked] = JSON.parse(query);
    live.stop = opened.client.collection(collection).live(asked).subscribe((docs) => {
      const patch = patchOf(live.sent, docs);
      live.sent = docs;
      this.#post({ live: number, ...patch, docs: this.#pack(collection, patch.docs) });
    });
  }

  /** Says the status from a task of its own: many changes of it are one message. */
  #soil() {
    if (!this.#isDirty) {
      this.#isDirty = true;
      setTimeout(() => this.#tellStatus());
    }
  }

  #tellStatus() {
    if (this.#isDirty && this.#opened) {
      this.#isDirty = false;
      this.#post(this.#standing(this.#opened.client));
    }
  }

  /** @param {Syncline} client */
  #standing(client) {
    // It is the background that syncs, or another context: not the client's.
    return { status: { ...client.status, leader: false }, metrics: client.metrics() };
  }

  /**
   * An event's detail as it crosses.
   * @param {string} kind
   * @param {any} detail
   */
  #told(kind, detail) {
    if (kind === "error") return plain(detail);
    if (kind !== "change") return detail;
    const { collection, ids, origin } = detail;
    const isOwn = ids.some((/** @type {string} */ id) => this.#opened?.touched.isEditing(this.#client, recordOf(collection, id)));
    return { collection, ids, origin: origin === "local" && !isOwn ? "context" : origin };
  }

  /**
   * @param {object} message
   * @returns {void}
   */
  #post(message) {
    if (this.#over.signal.aborted) return;
    try {
      this.#port.postMessage(message);
    } catch {
      // Either the port has just closed, or this does not fit through it.
      this.#held.clear();
      if ("value" in message) {
        const { answer } = /** @type {any} */ (message);
        this.#post({ answer, error: plain(new SynclineError("invalid-argument", "the answer is too large to cross at once: ask for less (limit)")) });
      }
    }
  }
}

/**
 * The value of edits that have happened.
 * @param {Syncline} client
 * @param {string} name of the call
 * @param {readonly import("./calls.js").Named[]} edits
 */
async function repeat(client, name, [first]) {
  if (first === undefined || (name !== "put" && name !== "update")) return null;
  return new Documents(first.collection, [await client.collection(first.collection).get(first.id)]);
}

/**
 * What of an answer is another than it was.
 * @param {readonly any[] | undefined} before
 * @param {readonly any[]} docs
 * @returns {{at: number | null, drop: number, docs: readonly any[]}}
 */
export function patchOf(before, docs) {
  if (before === undefined) return { at: null, drop: 0, docs };
  let at = 0;
  while (at < before.length && at < docs.length && before[at] === docs[at]) at += 1;
  let same = 0;
  while (same < before.length - at && same < docs.length - at && before[before.length - 1 - same] === docs[docs.length - 1 - same]) same += 1;
  return { at, drop: before.length - at - same, docs: docs.slice(at, docs.length - same) };
}

/**
 * An error as it crosses.
 * @param {any} thrown
 */
export function plain(thrown) {
  const { code = "storage-unavailable", message = String(thrown), retryable = false, details } = thrown ?? {};
  return { code, message, retryable, details };
}
