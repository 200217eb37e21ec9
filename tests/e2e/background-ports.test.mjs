// @ts-check
// The ports of a background over a database that counts what is written, with ports that break: nothing is written twice in
// one life, and what clients of each other edited is known. No browser takes part.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Ports } from "../../pkg/extension/ports.js";
import { Touched, recordOf } from "../../pkg/extension/touched.js";

/** A database of documents in memory that writes when it is told to. */
class Database extends EventTarget {
  name = "fake";
  device = "d";
  status = {};
  writes = 0;
  /** @type {Map<string, any>} */
  docs = new Map();
  /** @type {() => void} */
  write = () => {};

  metrics() {
    return {};
  }

  collection() {
    return {
      get: async (/** @type {string} */ id) => this.docs.get(id),
      put: async (/** @type {any} */ doc) => {
        await /** @type {Promise<void>} */ (new Promise((resolve) => (this.write = resolve)));
        this.writes += 1;
        this.docs.set(doc.id, doc);
        return doc;
      },
      count: async () => this.docs.size,
    };
  }

  /** @param {readonly string[]} ids */
  tell(...ids) {
    this.dispatchEvent(new CustomEvent("change", { detail: { collection: "todos", ids, origin: "local" } }));
  }
}

class Port {
  /** @type {any[]} */
  told = [];
  isOpen = true;
  /** @type {(message: any) => void} */
  hear = () => {};
  /** @type {() => void} */
  lose = () => {};
  onMessage = { addListener: (/** @type {(message: any) => void} */ hear) => (this.hear = hear) };
  onDisconnect = { addListener: (/** @type {() => void} */ lose) => (this.lose = lose) };

  /** @param {any} message */
  postMessage(message) {
    if (!this.isOpen) throw new Error("closed");
    this.told.push(message);
  }

  break() {
    this.isOpen = false;
    this.lose();
  }
}

function stage() {
  const database = new Database();
  const opened = { client: /** @type {any} */ (database), of: "one", collections: ["todos"], touched: new Touched(/** @type {any} */ (database)) };
  const ports = new Ports(async () => opened);
  return {
    database,
    opened,
    ports,
    /** @param {string} client */
    connect(client) {
      const port = new Port();
      ports.accept(/** @type {any} */ (port));
      port.hear({ hello: client, kinds: [], isSeen: true });
      return port;
    },
  };
}

/**
 * @param {number} number
 * @param {object} [more]
 */
function put(number, more) {
  return { ask: number, call: "put", args: JSON.stringify(["todos", { id: `r${number}`, v: number }]), at: Date.now(), of: "one", heard: number, ...more };
}

/** Everything here happens in microtasks, or in a task that follows at once. */
async function settle() {
  for (let task = 0; task < 5; task += 1) await new Promise((resolve) => setTimeout(resolve));
}

const answerTo = (/** @type {Port} */ port, /** @type {number} */ number) => port.told.find(({ answer }) => answer === number);

test("a write that is under way when its port breaks is done once, and answered over the next port", async () => {
  const { database, connect } = stage();
  const first = connect("a");
  first.hear(put(1));
  await settle();
  first.break();
  const second = connect("a");
  second.hear(put(1, { again: true }));
  await settle();
  assert.equal(answerTo(second, 1), undefined);
  database.write();
  await settle();
  assert.deepEqual(answerTo(second, 1), { answer: 1, value: [{ id: "r1", v: 1 }] });
  assert.equal(database.writes, 1);
});

test("a write whose answer went under with its port is not done again, even where others have edited the record since", async () => {
  const { database, connect } = stage();
  const first = connect("a");
  first.hear(put(1));
  await settle();
  database.write();
  await settle();
  first.break();
  database.docs.set("r1", { id: "r1", v: "somebody else's" });
  const second = connect("a");
  second.hear(put(1, { again: true }));
  await settle();
  assert.ok(answerTo(second, 1).value);
  assert.equal(database.writes, 1);
  assert.equal(database.docs.get("r1").v, "somebody else's");
});

test("a write that never arrived is done when it is asked again", async () => {
  const { database, connect } = stage();
  const port = connect("a");
  port.hear(put(1, { again: true }));
  await settle();
  database.write();
  await settle();
  assert.ok(answerTo(port, 1).value);
  assert.equal(database.writes, 1);
});

test("a write of an earlier life is not repeated where it is there, and in doubt where somebody else was", async () => {
  const { database, opened, ports, connect } = stage();
  ports.bornAt = Date.now() + 20_000;
  database.docs.set("r1", { id: "r1", v: 1 });
  database.docs.set("r2", { id: "r2", v: "somebody else's" });
  database.tell("r2");
  const port = connect("a");
  port.hear(put(1, { again: true }));
  port.hear(put(2, { again: true }));
  await settle();
  assert.ok(answerTo(port, 1).value);
  assert.deepEqual([answerTo(port, 2).error.code, answerTo(port, 2).error.details], ["aborted", { inDoubt: true }]);
  assert.equal(database.writes, 0);
  assert.ok(opened.touched.isTouched("a", "todos", recordOf("todos", "r2")));
});

test("what is asked for the first time comes after what is asked again", async () => {
  const { database, connect } = stage();
  const port = connect("a");
  port.hear(put(1, { again: true }));
  port.hear({ ask: 2, call: "count", args: '["todos"]', at: Date.now(), of: "one", heard: 1 });
  await settle();
  assert.equal(answerTo(port, 2), undefined);
  database.write();
  await settle();
  assert.equal(answerTo(port, 2).value, 1);
});

test("what was asked of another database is refused", async () => {
  const { database, connect } = stage();
  const port = connect("a");
  port.hear(put(1, { of: "another" }));
  await settle();
  assert.equal(answerTo(port, 1).error.code, "closed");
  assert.equal(database.writes, 0);
});

test("a call that there is not, and arguments that are no JSON, are refused with an error", async () => {
  const { connect } = stage();
  const port = connect("a");
  for (const [number, call, args] of /** @type {const} */ ([[1, "toString", "[]"], [2, "count", "no JSON"], [3, "batch", '[["[\\"drop\\",\\"todos\\"]"]]']])) {
    port.hear({ ask: number, call, args, at: Date.now(), of: "one", heard: 1 });
  }
  await settle();
  assert.deepEqual([1, 2, 3].map((number) => typeof answerTo(port, number).error.code), ["string", "string", "string"]);
});

test("who edited a record is known: oneself, another client, or somebody else", () => {
  const { database, opened } = stage();
  const { touched } = opened;
  const isTouched = (/** @type {string} */ client, /** @type {string} */ id) => touched.isTouched(client, "todos", recordOf("todos", id));
  const end = touched.begin("a", [recordOf("todos", "own"), recordOf("todos", "both")]);
  const endB = touched.begin("b", [recordOf("todos", "both")]);
  database.tell("own", "both", "theirs");
  end();
  endB();
  assert.deepEqual(["own", "both", "theirs", "none"].map((id) => isTouched("a", id)), [false, true, true, false]);
  assert.ok(isTouched("b", "own"));
  assert.equal(touched.isEditing("a", recordOf("todos", "own")), false);
  database.tell();
  assert.ok(isTouched("a", "none"), "all may have changed");
});
