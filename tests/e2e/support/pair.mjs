// @ts-check
// Two devices of one user that have the same record: where most tests of conflicts begin. Edits nothing.

import { until, untilEqual } from "./until.mjs";

/** @typedef {import("./device.mjs").Device} Device */
/** @typedef {Awaited<ReturnType<typeof import("./stage.mjs").setStage>>} Stage */

/**
 * Two devices of a new user that both have the same record.
 * @param {Stage} stage
 * @param {import("node:test").TestContext} t
 * @param {string} collection
 * @param {object} doc
 * @param {object} [options] what the devices are opened with
 */
export async function having(stage, t, collection, doc, options) {
  const account = await stage.account();
  const [a, b] = await Promise.all([stage.device(t, account, options), stage.device(t, account, options)]);
  const { id } = await a.put(collection, doc);
  await untilEqual(() => b.get(collection, id), { ...doc, id });
  await a.settled();
  return { account, a, b, id };
}

/**
 * Takes devices off the network.
 * @param {Device[]} devices
 */
export async function cutOff(...devices) {
  for (const device of devices) {
    await device.setOnline(false);
    await until("the device says that it is offline", async () => (await device.status()).state === "offline");
  }
}

/** Stands for an edit that deletes the record. */
export const DELETE = Symbol("delete");

/**
 * The first device edits or deletes offline what the second one edits or deletes meanwhile, and comes back.
 * @param {Stage} stage
 * @param {import("node:test").TestContext} t
 * @param {string} collection
 * @param {object} doc
 * @param {object} options what the devices are opened with
 * @param {object | typeof DELETE} mine
 * @param {object | typeof DELETE} theirs
 */
export async function meeting(stage, t, collection, doc, options, mine, theirs) {
  const both = await having(stage, t, collection, doc, options);
  const { a, b, id } = both;
  const edit = async (/** @type {Device} */ device, /** @type {any} */ what) => {
    if (what === DELETE) {
      await device.run((db, [collection, id]) => db.collection(collection).delete(id), /** @type {const} */ ([collection, id]));
    } else {
      await device.update(collection, id, what);
    }
  };
  await cutOff(a);
  await edit(a, mine);
  await edit(b, theirs);
  await b.settled();
  await a.setOnline(true);
  return both;
}

/**
 * Waits until both devices and the server have this document and nothing is left to send.
 * @param {Awaited<ReturnType<typeof having>>} both
 * @param {string} collection
 * @param {any} expected null: deleted
 */
export async function agreed({ account, a, b, id }, collection, expected) {
  const everywhere = async () => ({
    a: await a.get(collection, id),
    b: await b.get(collection, id),
    server: (await account.record(collection, id))?.data ?? null,
    waiting: (await a.status()).pending + (await b.status()).pending,
  });
  await untilEqual(everywhere, { a: expected, b: expected, server: expected, waiting: 0 });
}

/**
 * A device with forty records, thirty of which another device has deleted: its pull waits.
 * @param {Stage} stage
 * @param {import("node:test").TestContext} t
 */
export async function emptied(stage, t) {
  const account = await stage.account();
  const [one, other] = await Promise.all([stage.device(t, account), stage.device(t, account)]);
  const docs = Array.from({ length: 40 }, (_, at) => ({ id: `r${at}`, title: "x" }));
  await one.run((db, docs) => db.collection("todos").putAll(docs), docs);
  await one.settled();
  await other.run((db) => db.sync());
  await one.setOnline(false);
  await other.run((db) => db.batch((/** @type {any} */ tx) => {
    for (let at = 0; at < 30; at += 1) tx.delete("todos", `r${at}`);
  }));
  await other.settled();
  await one.setOnline(true);
  await until("the pull waits", async () => (await one.status()).error?.code === "mass-deletion");
  return { account, one, other };
}
