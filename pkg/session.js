// @ts-check
// One open database inside the package: the core, the documents it handed out, and what it tells. Has no public API.

import { Documents } from "./documents.js";
import { documentText } from "./encode.js";
import { SynclineError, toError } from "./errors.js";
import { Puts } from "./puts.js";
import { utf8 } from "./utf8.js";

/** @typedef {import("./index.js").Status} Status */

export class Session {
  /** @type {import("./wasm/core.js").Core} */
  core = /** @type {any} */ (undefined);
  /** @type {Status} */
  status = /** @type {any} */ (undefined);
  device = "";
  documents;
  /** The kinds of events that somebody ever listened to. @type {Set<string>} */
  awaited = new Set();
  #target;
  #token;
  #resolvers;
  /** The versions of documents by the places of their collections, where they have any. @type {(import("./schema.js").Schema | undefined)[]} */
  schemas = [];
  #schemas;
  #isClosed = false;
  #isOpening = true;
  /** The collections by their places. @type {string[]} */
  #names = [];
  /** @type {Map<number, import("./live.js").LiveQuery>} */
  #live = new Map();
  #lastLive = 0;
  /** @type {(() => void)[]} */
  #awaitingStatus = [];
  #puts = new Puts(this);

  /**
   * @param {EventTarget} target where events go
   * @param {() => Promise<string | null>} token
   * @param {boolean} freeze
   * @param {Map<string, import("./options.js").Resolver>} resolvers
   * @param {Map<string, import("./schema.js").Schema>} schemas
   */
  constructor(target, token, freeze, resolvers, schemas) {
    this.#target = target;
    this.#token = token;
    this.#resolvers = resolvers;
    this.#schemas = schemas;
    this.documents = new Documents(freeze);
  }

  /**
   * What the core calls. `emit`, `hearsChanges`, `changed`, `take` and `takeOne` are called in the middle of its work and must not call back into it.
   * @param {import("./begin.js").Begun} [begun] what was opened and read while the core was loading
   */
  host(begun) {
    const { awaited } = this;
    return {
      begun,
      get hearsChanges() {
        return awaited.has("change");
      },
      emit: (/** @type {string} */ kind, /** @type {any} */ fact) => this.#hear(kind, fact),
      changed: this.#hearChange.bind(this),
      take: this.#take.bind(this),
      takeOne: this.documents.takeOne.bind(this.documents),
      migrate: (/** @type {string} */ name, /** @type {string} */ text, /** @type {number} */ from) => this.#schemas.get(name)?.migrate(text, from),
      token: () => this.#token(),
      resolve: this.#resolve.bind(this),
    };
  }

  /**
   * @param {import("./wasm/core.js").Core} core
   * @param {readonly string[]} names of the collections
   */
  begin(core, names) {
    this.core = core;
    names.forEach((name) => (this.#names[this.placeOf(name)] = name));
    this.#schemas.forEach((schema, name) => {
      this.schemas[this.placeOf(name)] = schema;
      this.documents.setSchema(this.placeOf(name), schema);
    });
    setTimeout(() => (this.#isOpening = false));
    this.device = core.device;
    this.status ??= /** @type {Status} */ (core.status());
  }

  /**
   * What the core knows a collection by.
   * @param {string} name one that the database was opened with
   */
  placeOf(name) {
    return /** @type {number} */ (this.core.placeOf(name));
  }

  /** Ends everything, and lets go of the core: as long as it is held, its channel to other contexts stays open. */
  end() {
    if (this.#isClosed) return;
    this.#puts.send();
    this.#isClosed = true;
    this.core.close();
    this.core.free();
  }

  ensureOpen() {
    if (this.#isClosed) {
      throw new SynclineError("closed", "the database was closed");
    }
  }

  /**
   * Calls the core and makes errors of what it rejects with. What was put before is on its way first.
   * @param {(core: import("./wasm/core.js").Core) => Promise<any>} ask
   * @returns {Promise<any>}
   */
  async call(ask) {
    this.ensureOpen();
    this.#puts.send();
    try {
      return await ask(this.core);
    } catch (thrown) {
      throw toError(thrown);
    }
  }

  /**
   * Writes edits, all or none.
   * @param {readonly string[]} edits the JSON text of each, which `editText` makes
   */
  async write(edits) {
    await this.call((core) => core.write(utf8(`[${edits.join()}]`)));
  }

  /**
   * Writes one put, in one commit with the others of the same go.
   * @param {number} collection
   * @param {string} id
   * @param {string} text JSON text of the edit
   */
  put(collection, id, text) {
    return this.#puts.add(collection, id, text);
  }

  /**
   * Gives a live query its number.
   * @param {import("./live.js").LiveQuery} live
   */
  addLive(live) {
    this.#lastLive += 1;
    this.#live.set(this.#lastLive, live);
    return this.#lastLive;
  }

  /** @param {number} number */
  removeLive(number) {
    this.#live.delete(number);
    if (!this.#isClosed) {
      this.core.closeLive(number);
    }
  }

  /**
   * A change or conflict as the app sees it: its documents without their versions.
   * @param {any} told
   */
  unmarked(told) {
    const schema = this.#schemas.get(told.collection);
    if (schema !== undefined) {
      for (const part of ["data", "base", "local", "remote"]) {
        if (typeof told[part] === "object") {
          told[part] = schema.strip(told[part]);
        }
      }
    }
    return told;
  }

  /**
   * A document of the app's as it is stored.
   * @template T
   * @param {string | undefined} collection
   * @param {T} doc
   * @returns {T}
   */
  marked(collection, doc) {
    const schema = this.#schemas.get(collection ?? "");
    return schema === undefined || typeof doc !== "object" || doc === null ? doc : schema.mark(doc);
  }

  /** Resolves at the next status. */
  nextStatus() {
    return new Promise((resolve) => this.#awaitingStatus.push(() => resolve(undefined)));
  }

  /**
   * Tells the app of an error that no call of it waits for.
   * @param {unknown} thrown
   */
  report(thrown) {
    if (!this.#isClosed) {
      this.#dispatch("error", toError(thrown));
    }
  }

  /**
   * Asks the app's function how a conflict ends. Gives the JSON text of a document, or of null; undefined: there is no function.
   * @param {string} collection
   * @param {string} conflict JSON text
   */
  async #resolve(collection, conflict) {
    const resolver = this.#resolvers.get(collection);
    if (resolver === undefined) {
      return undefined;
    }
    const made = await resolver(this.unmarked(JSON.parse(conflict)));
    return documentText(this.marked(collection, made));
  }

  /**
   * @param {number} collection
   * @param {Uint32Array} wanted
   * @param {Uint32Array} fresh
   * @param {Uint8Array} texts
   * @param {string | number | undefined} purpose
   */
  #take(collection, wanted, fresh, texts, purpose) {
    const docs = this.documents.take(collection, wanted, fresh, texts, purpose);
    if (typeof purpose === "number") {
      this.#live.get(purpose)?.handleAnswer(docs);
    }
    return docs;
  }

  /**
   * @param {number} collection
   * @param {Uint32Array} freed
   * @param {string | undefined} ids JSON text; undefined: nobody listens
   * @param {string} origin
   */
  #hearChange(collection, freed, ids, origin) {
    this.documents.forget(collection, freed, ids === "[]");
    if (ids !== undefined) {
      queueMicrotask(() => this.#dispatch("change", changeDetail(this.#names[collection], ids, origin)));
    }
  }

  /**
   * @param {string} kind
   * @param {any} fact
   */
  #hear(kind, fact) {
    switch (kind) {
      case "live": {
        const { collection, id, patches, stale } = JSON.parse(fact);
        const doc = id === null ? undefined : this.documents.held(collection, id);
        for (const { live, from, to, window } of patches) {
          this.#live.get(live)?.handlePatch(from, to, doc, window);
        }
        for (const number of stale) {
          this.#live.get(number)?.handleStale();
        }
        return;
      }
      case "status":
        this.#hearStatus(Object.freeze(fact));
        return;
      case "error":
        this.#handleSoon(() => this.#dispatch("error", toError(fact)));
        return;
      default: {
        const detail = typeof fact === "string" ? this.unmarked(JSON.parse(fact)) : fact;
        queueMicrotask(() => this.#dispatch(kind, detail));
      }
    }
  }

  /**
   * Does something once the core is done, and not before an app that has just opened the database had its turn to listen.
   * @param {() => void} act
   */
  #handleSoon(act) {
    if (this.#isOpening) {
      setTimeout(act);
    } else {
      queueMicrotask(act);
    }
  }

  /** @param {Status} status */
  #hearStatus(status) {
    const { progress } = status;
    const isProgress = progress !== null && JSON.stringify(progress) !== JSON.stringify(this.status?.progress);
    this.status = status;
    queueMicrotask(() => {
      this.#awaitingStatus.splice(0).forEach((resolve) => resolve());
      this.#dispatch("status", status);
      if (isProgress) {
        this.#dispatch("progress", progress);
      }
    });
  }

  /**
   * @param {string} kind
   * @param {unknown} detail
   */
  #dispatch(kind, detail) {
    if (!this.awaited.has(kind)) {
      return;
    }
    this.#target.dispatchEvent(new CustomEvent(kind, { detail }));
  }
}

/**
 * What a change event says. Most listeners never look at the ids, which may be thousands.
 * @param {string | undefined} collection
 * @param {string} text JSON text of the ids
 * @param {string} origin
 */
function changeDetail(collection, text, origin) {
  /** @type {string[] | undefined} */
  let ids;
  return {
    collection,
    get ids() {
      return (ids ??= JSON.parse(text));
    },
    origin,
  };
}
