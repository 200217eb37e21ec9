// @ts-nocheck: runs in the project that the tarball is installed in.
//
// The tests of an app under node:test, and the same under Vitest.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";

import { suite } from "./app-suite.mjs";

suite(test);

test("the same tests pass under Vitest", async () => {
  await writeFile("app.spec.mjs", 'import { suite } from "./app-suite.mjs";\nsuite(test);\n');
  const run = [process.env.VITEST, "run", "--globals", "--reporter=json", "app.spec.mjs"];
  const { stdout } = await promisify(execFile)(process.execPath, run, { maxBuffer: 1 << 24 });
  let declared = 0;
  suite(() => (declared += 1));
  const { numPassedTests, numTotalTests } = JSON.parse(stdout);
  assert.deepEqual([numPassedTests, numTotalTests], [declared, declared]);
});
