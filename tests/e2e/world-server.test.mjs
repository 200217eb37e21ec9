// @ts-check
// The server of a test's world (pkg/testing/server.js) answers as the real one does, whatever is pushed and pulled.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Clock } from "../../pkg/testing/clock.js";
import { Request } from "../../pkg/testing/http.js";
import { Server as WorldServer } from "../../pkg/testing/server.js";
import { Server } from "./support/server.mjs";

const ROUNDS = 60;
const SEEDS = [1, 2, 3];

/** @type {Server} */
let server;
before(async () => {
  server = await Server.start();
});
after(() => server.end());

/**
 * Numbers of chance from a seed (a linear congruence is enough to choose by).
 * @param {number} seed
 */
function chance(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * A change that may be anything: of few records and few versions, so that conflicts and repeats are common.
 * @param {(below: number) => number} random
 * @param {any[]} sent
 */
function anyChange(random, sent) {
  if (sent.length > 0 && random(10) === 0) return sent[random(sent.length)];
  const base = random(6);
  const data = [[], null, "text", { n: 1, m: null }, { m: { x: 2 } }, { n: 3, deep: { a: { b: [1, { c: null }] } } }, { m: { x: null, y: "é" } }][random(7)];
  const change = {
    id: `c${sent.length}`, collection: ["todos", "habits"][random(2)], record: `r${random(5)}`,
    op: ["put", "put", "put", "patch", "patch", "delete"][random(6)], base: base === 0 ? null : base, data, editedAt: random(1_000),
  };
  sent.push(change);
  return change;
}

/**
 * Both servers, each asked in its own way.
 * @param {string} email
 */
async function both(email) {
  const post = async (/** @type {string} */ path, /** @type {unknown} */ body, token = "") => {
    const response = await fetch(`${server.url}${path}`, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) });
    return { status: response.status, body: /** @type {any} */ (await response.json()) };
  };
  const { token } = (await post("/v1/auth/register", { email, password: "long enough" })).body;
  const world = new WorldServer(new Clock(0));
  const imitated = (/** @type {string} */ path, /** @type {unknown} */ body) => {
    const request = new Request(`${world.url}${path}`, { method: "POST", headers: new Headers({ authorization: "Bearer test" }), body: new TextEncoder().encode(JSON.stringify(body)) });
    const { status, body: answer } = world.answer(request);
    return { status, body: /** @type {any} */ (answer) };
  };
  return { real: (/** @type {string} */ path, /** @type {unknown} */ body) => post(path, body, token), imitated };
}

/**
 * A page without what names the database: cursors hold its identity.
 * @param {Record<string, any>} pages
 */
function withoutIdentity(pages) {
  return Object.fromEntries(Object.entries(pages).map(([name, page]) => [name, { ...page, cursor: page.cursor.split(".")[0] }]));
}

for (const seed of SEEDS) {
  test(`random changes and pulls are answered alike (seed ${seed})`, async () => {
    const random = chance(seed);
    const { real, imitated } = await both(`seed-${seed}@example.org`);
    /** @type {any[]} */
    const sent = [];
    /** The cursors that both gave, as pairs. @type {[string | null, string | null][]} */
    const cursors = [[null, null], ["nonsense", "nonsense"]];
    /** @type {Record<string, number>} */
    const met = {};
    for (let round = 0; round < ROUNDS; round += 1) {
      const push = { device: "d", changes: Array.from({ length: 1 + random(5) }, () => anyChange(random, sent)) };
      const [expected, answered] = [await real("/v1/push", push), imitated("/v1/push", push)];
      assert.deepEqual(answered.body.results, expected.body.results, JSON.stringify(push));
      expected.body.results.forEach((/** @type {any} */ { status, code }) => (met[code ?? status] = (met[code ?? status] ?? 0) + 1));

      // Now and then one of the first two, however many there are.
      const [theirs, ours] = /** @type {[string | null, string | null]} */ (cursors[random(random(4) === 0 ? 2 : cursors.length)]);
      const pull = (/** @type {string | null} */ cursor) => ({ collections: { todos: { cursor }, habits: { cursor } }, limit });
      const limit = 1 + random(4);
      const [page, other] = [await real("/v1/pull", pull(theirs)), imitated("/v1/pull", pull(ours))];
      assert.deepEqual(withoutIdentity(other.body.collections), withoutIdentity(page.body.collections), `cursor ${theirs}`);
      for (const name of ["todos", "habits"]) {
        cursors.push([page.body.collections[name].cursor, other.body.collections[name].cursor]);
        if (page.body.collections[name].snapshot) met.snapshot = (met.snapshot ?? 0) + 1;
      }
    }
    for (const kind of ["applied", "conflict", "invalid-document", "snapshot"]) {
      assert.ok((met[kind] ?? 0) > 4, `vacuous: ${JSON.stringify(met)}`);
    }
  });
}

test("requests that cannot be taken are refused alike", async () => {
  const { real, imitated } = await both("refused@example.org");
  const change = { id: "c", collection: "todos", record: "r", op: "put", base: null, data: {}, editedAt: 1 };
  /** @type {[string, unknown][]} */
  const refused = [
    ["/v1/push", { device: "", changes: [change] }],
    ["/v1/push", { device: "d", changes: [{ ...change, record: "" }, { ...change, collection: "x".repeat(257) }] }],
    ["/v1/push", { device: "d", changes: Array.from({ length: 1_001 }, (_, n) => ({ ...change, id: `${n}` })) }],
    ["/v1/pull", { collections: { todos: { cursor: null } }, limit: 0 }],
    ["/v1/pull", { collections: { "": { cursor: null } }, limit: 1 }],
  ];
  for (const [path, body] of refused) {
    const [expected, answered] = [await real(path, body), imitated(path, body)];
    assert.deepEqual([answered.status, answered.body.code], [expected.status, expected.body.code], path);
  }
  const large = { device: "d", changes: [{ ...change, data: { text: "x".repeat(1024 * 1024) } }] };
  assert.deepEqual(imitated("/v1/push", large).body.results, (await real("/v1/push", large)).body.results);
});
