// @ts-check
/**
 * The lab: starts two devices and runs the experiments that need both.
 * Reaches a device only through its `window.device`.
 */
import { sentence } from "../js/problem.js";
import { applyKeptTheme } from "../js/theme.js";
import { element, write } from "../js/dom.js";
import { forgetLabAccount } from "./account.js";
import { bothEdit, planned } from "./both-edit.js";
import { showOutcome } from "./outcome.js";

/** @typedef {import("./device.js").Device} Device */

const query = new URLSearchParams(location.search);
const lab = query.get("db") ?? "syncline-lab";
const frames = ["A", "B"].map((name) => ({ name, frame: /** @type {HTMLIFrameElement} */ (element(`device-${name}`)) }));
const offlineBoth = element("offline-both");
const outcome = element("outcome");

/** What the experiment starts from, before there is a record. */
const FIRST = { title: "Plan the trip", done: false };

/** @returns {Promise<Device[]>} Once both have started. */
async function devices() {
  await started;
  return frames.map(({ frame }) => /** @type {{ device: Device }} */ (/** @type {unknown} */ (frame.contentWindow)).device);
}

/** Loads both devices; resolves once their pages have run. */
function start() {
  return Promise.all(frames.map(({ name, frame }) => new Promise((resolve) => {
    frame.addEventListener("load", () => {
      for (const type of ["online", "offline"]) frame.contentWindow?.addEventListener(type, () => void showNetwork());
      resolve(undefined);
    }, { once: true });
    frame.src = `/lab/device.html?device=${name}&db=${encodeURIComponent(lab)}`;
  })));
}

async function showNetwork() {
  const offline = (await devices()).every((device) => !device.isOnline());
  write(offlineBoth, offline ? "Go online, both" : "Go offline, both");
}

/** @param {string} text */
function stage(text) {
  write(element("stage"), text);
}

/**
 * Runs an experiment, one at a time.
 * @param {string} id Of its button.
 * @param {() => Promise<unknown>} run
 */
function experiment(id, run) {
  element(id).addEventListener("click", async () => {
    const buttons = [...document.querySelectorAll("button")];
    for (const button of buttons) button.disabled = true;
    try {
      await run();
    } catch (error) {
      stage(sentence(error));
    }
    for (const button of buttons) button.disabled = false;
  });
}

experiment("both-edit", async () => {
  const [a, b] = await devices();
  if (!a || !b) return;
  await bothEdit(a, b, stage, (result) => showOutcome(outcome, result));
});

experiment("import-a", async () => {
  const [a] = await devices();
  stage("Importing on A; B gets the films through the server.");
  await a?.importMovies();
});

experiment("offline-both", async () => {
  const both = await devices();
  const open = both.every((device) => !device.isOnline());
  for (const device of both) device.setOnline(open);
  stage(open ? "Both are online." : "Both are offline: whatever you do now waits in their queues.");
});

experiment("reset", async () => {
  stage("Starting over…");
  showOutcome(outcome, planned(FIRST));
  await Promise.all((await devices()).map((device) => device.erase()));
  forgetLabAccount(lab);
  started = start();
  await Promise.all((await devices()).map((device) => device.ready));
  await showNetwork();
  stage("Two new devices with a new account.");
});

applyKeptTheme();
showOutcome(outcome, planned(FIRST));
let started = start();
