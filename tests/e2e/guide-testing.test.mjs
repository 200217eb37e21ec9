// @ts-check
// The tests that the guide shows, run by node:test and by Vitest from the packed package.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { commandsOf, filesOf, namelessOf } from "./support/guide.mjs";
import { makeProject } from "./support/project.mjs";
import { test } from "./support/until.mjs";

const CHAPTER = "testing.md";
const VITEST = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const run = promisify(execFile);

const [project, files] = await Promise.all([makeProject("vitest"), filesOf(CHAPTER)]);
after(() => project.end());
for (const [name, text] of files) await project.write(name, text);
const declared = [...(files.get("todos.test.js") ?? "").matchAll(/^test\(/gm)].length;

test("every block of the chapter is a file or a command that is run here", async () => {
  assert.deepEqual([[...files.keys()], declared], [["app.js", "todos.test.js"], 5]);
  assert.deepEqual(await namelessOf(CHAPTER), []);
  assert.deepEqual(await commandsOf(CHAPTER), ["node --test", "npx vitest run"]);
});

test("the guide's tests pass under node:test", async () => {
  // A runner inside of a runner reports to the outer one unless it is told that there is none.
  const { NODE_TEST_CONTEXT: _outer, ...environment } = process.env;
  const { stdout } = await run(process.execPath, ["--test", "--test-reporter=tap"], { cwd: project.folder, env: environment });
  assert.match(stdout, new RegExp(`^# pass ${declared}$`, "m"));
});

test("the guide's tests pass under Vitest", async () => {
  const text = files.get("todos.test.js") ?? "";
  await project.write("todos.test.js", text.replace(/import \{ test \} from "node:test";.*/, 'import { test } from "vitest";'));
  const { stdout } = await run(process.execPath, [VITEST, "run", "--reporter=json"], { cwd: project.folder });
  const { numPassedTests, numTotalTests } = JSON.parse(stdout);
  assert.deepEqual([numPassedTests, numTotalTests], [declared, declared]);
});
