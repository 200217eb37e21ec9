// @ts-check
// Records that nobody has edited for long leave the device, and never the server.

import assert from "node:assert/strict";
import { after } from "node:test";

import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

/** Three seconds. */
const RETAIN = { days: 3 / 86_400 };

test("a record that nobody edits leaves the device, and comes back with the next edit", async (t) => {
  const account = await stage.account();
  const one = await stage.device(t, account, { collections: { todos: { retain: RETAIN }, notes: {} } });
  const other = await stage.device(t, account);
  await one.put("todos", { id: "a", title: "Milk" });
  await one.put("notes", { id: "n", text: "stays" });
  await one.settled();
  await until("the record has left", async () => {
    await one.run((db) => db.sync());
    return (await one.list("todos")).length === 0;
  });
  await untilEqual(async () => [(await one.list("notes")).length, await one.pending(), (await one.status()).state], [1, [], "synced"]);
  assert.deepEqual((await account.record("todos", "a"))?.data, { id: "a", title: "Milk" });
  const fresh = await stage.device(t, account, { collections: { todos: { retain: RETAIN }, notes: {} } });
  await fresh.settled();
  assert.deepEqual([await fresh.list("todos"), (await fresh.list("notes")).length], [[], 1]);
  await other.run((db) => db.sync());
  await other.update("todos", "a", { title: "Oat milk" });
  await other.run((db) => db.sync());
  await one.run((db) => db.sync());
  assert.deepEqual(await one.get("todos", "a"), { id: "a", title: "Oat milk" });
});
