// @ts-check
// A server that deletes much at once: the collection waits, everything else flows, and somebody decides.

import assert from "node:assert/strict";
import { after } from "node:test";

import { emptied } from "./support/pair.mjs";
import { setStage } from "./support/stage.mjs";
import { test, until, untilEqual } from "./support/until.mjs";

const stage = await setStage();
after(() => stage.end());

test("a pull that would delete most of a collection waits until somebody agrees", async (t) => {
  const { one, other } = await emptied(stage, t);
  const { state, error } = await one.status();
  assert.deepEqual([state, error?.collection], ["error", "todos"]);
  assert.equal((await one.list("todos")).length, 40);
  const refused = await one.failure((db) => db.sync());
  assert.deepEqual([refused.code, refused.retryable, refused.details], ["mass-deletion", false, { collection: "todos", deletions: 30, records: 40 }]);
  await other.put("notes", { id: "n", text: "flows on" });
  await untilEqual(() => one.get("notes", "n"), { id: "n", text: "flows on" });
  assert.equal((await one.list("todos")).length, 40);
  assert.equal((await one.heard("error")).filter(({ code }) => code === "mass-deletion").length, 1);
  await one.run((db) => db.confirmDeletions("todos"));
  await until("the deletions are here", async () => (await one.list("todos")).length === 10);
  await one.settled();
  assert.equal((await one.status()).error, null);
});

test("a page that is loaded anew knows that a pull waits", async (t) => {
  const { one } = await emptied(stage, t);
  await one.reload();
  await until("the status says so", async () => (await one.status()).error?.code === "mass-deletion");
  assert.equal((await one.list("todos")).length, 40);
  await one.run((db) => db.confirmDeletions("todos"));
  await until("the deletions are here", async () => (await one.list("todos")).length === 10);
});
