// @ts-check
// The elements in the other engines: that they are drawn, open their panel, and settle a refused change. What they do in full
// is tested in Chromium.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";

import { Account } from "./support/account.mjs";
import { Device } from "./support/device.mjs";
import { ENGINES, startEngine } from "./support/engines.mjs";
import { Server } from "./support/server.mjs";
import { startSite } from "./support/site.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

/** More than the mebibyte that the server takes of one record. */
const TOO_LARGE = 1_200_000;

for (const name of ENGINES.filter((name) => name !== "chromium")) {
  describe(`in ${name}`, () => {
    /** @type {[Awaited<ReturnType<typeof startEngine>>, Server, Awaited<ReturnType<typeof startSite>>]} */
    let started;
    before(async () => { started = await Promise.all([startEngine(name), Server.start(), startSite()]); });
    after(() => Promise.allSettled(started.map((one) => one.end())));

    test("the elements are drawn, and a refused change is edited and accepted", async () => {
      const [engine, server, site] = started;
      const account = await Account.register(server.url);
      const device = await Device.open(/** @type {any} */ (engine.profile), site.url, { name: "elements", url: account.url, tokens: [account.token], account: account.email });
      await device.run(async (db, size) => {
        await db.enable();
        await import(`${location.origin}/pkg/element-define.js`);
        const [inspector, status] = [document.createElement("sync-inspector"), document.createElement("sync-status")];
        inspector.client = status.client = db;
        document.body.append(status, inspector);
        const within = (/** @type {Element} */ host) => (/** @type {string} */ selector) => host.shadowRoot?.querySelector(selector);
        Object.assign(window, { inInspector: within(inspector), inStatus: within(status) });
        await db.collection("notes").put({ id: "large", text: "x".repeat(size) });
        return null;
      }, TOO_LARGE);
      await until("the change is listed", () => device.run(() => Boolean(/** @type {any} */ (window).inInspector("[part=parked] li"))));
      const panel = await device.run(async () => {
        const { inStatus } = /** @type {any} */ (window);
        inStatus("[part=more]").click();
        for (let looks = 0; looks < 100 && !inStatus("[part=problem]").textContent; looks += 1) await new Promise((resolve) => setTimeout(resolve, 20));
        const { left, right, height } = inStatus("[part=panel]").getBoundingClientRect();
        return { problem: inStatus("[part=problem]").textContent, isInside: left >= 0 && right <= innerWidth && height > 0 };
      });
      assert.deepEqual(panel, { problem: "1 change refused by the server", isInside: true });
      await device.run(() => {
        const { inInspector } = /** @type {any} */ (window);
        inInspector("[part=parked] [data-action=edit]").click();
        inInspector("textarea").value = '{ "text": "shorter" }';
        inInspector("[part=parked] [data-action=save]").click();
      });
      await untilEqual(async () => (await account.record("notes", "large"))?.data, { id: "large", text: "shorter" });
      await until("the syncs are drawn", () => device.run(() => Boolean(/** @type {any} */ (window).inInspector("[part=chart] [data-outcome=done]"))));
      const chart = await device.run(() => {
        const { width, height } = /** @type {any} */ (window).inInspector("[part=chart]").getBoundingClientRect();
        return width > 100 && height > 100;
      });
      assert.ok(chart);
    });
  });
}
