// @ts-check
// A device that is full: what cannot be kept says so, nothing that was kept is lost, and all goes on once there is room.

import assert from "node:assert/strict";
import { after } from "node:test";

import { Device } from "./support/device.mjs";
import { startEngine } from "./support/engines.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

const MEGABYTE = 1 << 20;
/** Bytes in a document: what cannot be compressed, as text. */
const SIZE = 256 * 1024;

/** @typedef {import("./support/account.mjs").Account} Account */

/**
 * Gives a page functions that fill storage of its origin, and free it.
 * @param {Device} device
 */
async function bringBallast(device) {
  await device.page.evaluate((size) => {
    const noise = (/** @type {number} */ length) => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      return bytes;
    };
    Object.assign(window, {
      text: () => btoa(Array.from(noise(size * 0.75), (byte) => String.fromCharCode(byte)).join("")),
      /** Fills what is left, by ever smaller pieces. */
      async fill() {
        const opening = indexedDB.open("ballast");
        opening.onupgradeneeded = () => opening.result.createObjectStore("pieces", { autoIncrement: true });
        const ballast = await new Promise((resolve) => { opening.onsuccess = () => resolve(opening.result); });
        let pieces = 0;
        for (let length = 1 << 20; length >= 1 << 14; ) {
          const isKept = await new Promise((resolve) => {
            const transaction = ballast.transaction("pieces", "readwrite");
            transaction.oncomplete = () => resolve(true);
            transaction.onabort = () => resolve(false);
            transaction.objectStore("pieces").add(noise(length));
          }).catch(() => false);
          if (isKept) pieces += 1;
          else length /= 2;
        }
        ballast.close();
        return pieces;
      },
      free: () => new Promise((resolve) => { indexedDB.deleteDatabase("ballast").onsuccess = () => resolve(undefined); }),
    });
  }, SIZE);
}

/** Engines in which a quota can be set, each with a page whose origin may keep a few megabytes. @type {{ [name: string]: (t: import("node:test").TestContext) => Promise<(options: any) => Promise<Device>> }} */
const SMALL = {
  async chromium(t) {
    const profile = await stage.profile(t);
    const page = await profile.newPage();
    const tools = await profile.newCDPSession(page);
    // Before the first write: afterwards it takes half a minute to be heeded.
    await tools.send("Storage.overrideQuotaForOrigin", { origin: stage.site.url, quotaSize: 12 * MEGABYTE });
    return (options) => Device.open(profile, stage.site.url, options);
  },
  async firefox(t) {
    // In kilobytes, for all origins; one may have a fifth of it, and ten megabytes at least.
    const engine = await startEngine("firefox", { "dom.quotaManager.temporaryStorage.fixedLimit": 20 * 1024 });
    t.after(() => engine.end());
    return (options) => Device.open(/** @type {any} */ (engine.profile), stage.site.url, options);
  },
};

for (const [name, small] of Object.entries(SMALL)) {
  test(`${name}: a full device says so, keeps what it had, and goes on once there is room`, async (t) => {
    const account = await stage.account();
    const open = await small(t);
    const device = await open({ url: account.url, tokens: [account.token], account: account.email, schedule: { pollInterval: 600_000, backoff: { base: 200, max: 1_000 } } });
    await bringBallast(device);
    await device.run((db) => db.enable());
    await device.put("todos", { id: "kept", title: "Milk" });
    await device.settled();
    assert.ok(await device.page.evaluate(() => /** @type {any} */ (window).fill()) > 0, "it was filled");

    // What the app writes is refused to the app, until there is not even room for the smallest.
    const refused = await device.failure(async (db) => {
      for (let n = 0; n < 100; n += 1) await db.collection("todos").put({ id: `big-${n}`, text: /** @type {any} */ (window).text() });
    });
    assert.deepEqual([refused.code, refused.retryable], ["quota-exceeded", true]);
    assert.deepEqual(await device.get("todos", "kept"), { id: "kept", title: "Milk" });

    // What others wrote cannot be pulled: the status says why.
    const writer = await stage.device(t, account);
    await bringBallast(writer);
    await writer.run((db) => db.collection("notes").putAll(Array.from({ length: 16 }, (_, n) => ({ id: `note-${n}`, text: /** @type {any} */ (window).text() }))));
    await writer.put("todos", { id: "news", title: "Bread" });
    await writer.settled();
    const { state, error } = await until("the status says that the device is full", async () => {
      const status = await device.status();
      return status.error?.code === "quota-exceeded" ? status : undefined;
    });
    assert.equal(state, "error", JSON.stringify(error));
    assert.deepEqual(await device.get("todos", "kept"), { id: "kept", title: "Milk" });
    const known = await device.list("todos");

    await device.page.evaluate(() => /** @type {any} */ (window).free());
    await until("everything is here", async () => (await device.list("notes")).length === 16 && (await device.get("todos", "news")) !== null);
    await device.settled();
    await untilEqual(async () => (await device.status()).error, null);
    for (const { id } of known) assert.notEqual(await device.get("todos", id), null, `${id} was here`);
    await device.put("todos", { id: "then", title: "Eggs" });
    await untilEqual(async () => (await account.record("todos", "then"))?.data, { id: "then", title: "Eggs" });
  });
}
