// @ts-check
// Many devices, each editing the same record and syncing in a loop. Compares nothing.

import { check, pause } from "../store/measure.js";
import { end, openFor, reached } from "./ours.js";

/** @typedef {import("../server.mjs").Account} Account */

/**
 * Lets so many databases edit one record so often each, all at once; gives the requests that took and the edits accepted.
 * @param {Account} account
 * @param {number} devices
 * @param {number} edits
 */
export async function crowd(account, devices, edits) {
  const all = /** @type {any[]} */ (await Promise.all(Array.from({ length: devices }, () => openFor(account))));
  const first = all[0];
  await first.enable();
  await first.collection(account.collection).put({ id: "shared", last: "nobody" });
  await reached(first, ({ pending, state }) => pending === 0 && state === "synced");
  await Promise.all(all.map(async (device) => {
    await device.enable();
    await reached(device, ({ state }) => state === "synced");
  }));
  const [before, began] = [await versionOf(account), performance.now()];
  const count = countRequests();
  await Promise.all(all.map(async (device, number) => {
    const records = device.collection(account.collection);
    for (let edit = 0; edit < edits; edit += 1) {
      await records.update("shared", { last: `${number}-${edit}`, [`by${number}`]: edit });
      await synced(device);
    }
  }));
  // Whoever was done early has not heard of what came later.
  await Promise.all(all.map(synced));
  const requests = count.end();
  const ms = performance.now() - began;
  const texts = await Promise.all(all.map(async (device) => JSON.stringify(sorted(await device.collection(account.collection).get("shared")))));
  check(new Set(texts).size === 1, "all devices have the same record");
  for (let number = 0; number < devices; number += 1) {
    check(JSON.parse(texts[0] ?? "{}")[`by${number}`] === edits - 1, `the edits of device ${number} are there`);
  }
  const accepted = (await versionOf(account)) - before;
  await Promise.all(all.map(end));
  return { devices, edits: devices * edits, accepted, requests, ms };
}

/** Syncs until it succeeds: a round too many under contention is no failure. @param {any} device */
async function synced(device) {
  for (;;) {
    try {
      await device.sync();
      if (device.status.pending === 0) return;
    } catch (thrown) {
      if (/** @type {any} */ (thrown).code !== "conflict-limit") throw thrown;
    }
    await pause(Math.random() * 100);
  }
}

/** @param {Account} account */
async function versionOf({ url, token, collection }) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const body = JSON.stringify({ collections: { [collection]: { cursor: null } }, limit: 1 });
  const answer = await (await fetch(`${url}/v1/pull`, { method: "POST", headers, body })).json();
  return answer.collections[collection].records[0].version;
}

/** Counts what is fetched from here on. */
function countRequests() {
  const fetchOfThePage = globalThis.fetch;
  let requests = 0;
  globalThis.fetch = (...given) => {
    requests += 1;
    return fetchOfThePage(...given);
  };
  return {
    end: () => {
      globalThis.fetch = fetchOfThePage;
      return requests;
    },
  };
}

/** @param {any} doc */
function sorted(doc) {
  return Object.fromEntries(Object.entries(doc).sort(([one], [other]) => (one < other ? -1 : 1)));
}
