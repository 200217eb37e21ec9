// @ts-check
// `node tests/kill/run.mjs --engine firefox --times 50`: kills a browser in the middle of writes. Takes minutes; three kills are in the tests.

import { parseArgs } from "node:util";

import { kill } from "./kills.mjs";

const { values } = parseArgs({ options: { engine: { type: "string", default: "chromium" }, times: { type: "string", default: "50" } } });
const { engine } = values;
if (engine !== "chromium" && engine !== "firefox") {
  throw new Error("--engine is chromium or firefox");
}
const { kills, acknowledged, found, lost, wrong } = await kill(engine, Number(values.times), console.log);
console.log(`${engine}: ${kills} kills, ${acknowledged} acknowledged, ${found} found, ${lost} lost, ${wrong.length} torn, changed or missing`);
console.log(wrong.slice(0, 20).join("\n"));
process.exitCode = lost === 0 && wrong.length === 0 ? 0 : 1;
