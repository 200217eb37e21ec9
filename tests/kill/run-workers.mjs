// @ts-check
// `node tests/kill/run-workers.mjs --times 300`: stops an extension's service worker in the middle of its work. Takes minutes; a
// dozen stops are in the tests.

import { parseArgs } from "node:util";

import { stopWorkers } from "./workers.mjs";

const { values } = parseArgs({ options: { times: { type: "string", default: "300" } } });
const { stops, lives, acknowledged, pushed, doubts, lost, twice, wrong } = await stopWorkers(Number(values.times), console.log);
console.log(`${stops} stops, ${lives} lives, ${acknowledged} writes acknowledged, ${pushed} records of another device, ${doubts} in doubt`);
console.log(`${lost.length} lost, ${twice.length} twice, ${wrong.length} wrong`);
console.log([...lost, ...twice, ...wrong].slice(0, 20).join("\n"));
process.exitCode = lost.length + twice.length + wrong.length === 0 ? 0 : 1;
