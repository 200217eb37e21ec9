// @ts-check
/**
 * The background of the extension, a service worker in Chromium and an event page in Firefox: syncs when a page asks, when
 * an alarm rings and when somebody signs in, and shows on the badge how much waits.
 * Shows no page and edits no todo.
 */
import { codeOf, sentence } from "../js/problem.js";
import { erase, openForSync, session } from "./database.js";

/** @typedef {import("./database.js").Client} Client */
/** @typedef {{ ok: true } | { ok: false, code: string | undefined, message: string }} Answer What a page is told. */

const ALARM = "sync";
/** Minutes between two looks at the server while no page asks: the least that Chromium grants. */
const PERIOD = 0.5;

/** The client of this life of the worker, and whose data it has open. @type {{ email: string, ready: Promise<Client> } | null} */
let opened = null;

/**
 * The client for whoever is signed in, opened when first needed. Null while nobody is.
 * @returns {Promise<Client | null>}
 */
async function client() {
  const kept = await session.read();
  if (opened && opened.email === kept?.email) return opened.ready;
  // From here to the assignment nothing waits, so that two who ask at once share one client.
  const closed = close();
  if (!kept) return null;
  const ready = closed.then(() => openForSync(kept));
  opened = { email: kept.email, ready };
  ready.then((client) => void client.subscribe(({ pending }) => showBadge(pending)), () => { opened = null; });
  return ready;
}

/** Ends the client, if there is one. */
async function close() {
  const ready = opened?.ready;
  opened = null;
  const client = await ready?.catch(() => null);
  await client?.close();
}

async function sync() {
  const ready = await client();
  await ready?.sync();
}

/** @param {number} pending */
function showBadge(pending) {
  void chrome.action.setBadgeText({ text: pending === 0 ? "" : pending > 999 ? "999+" : String(pending) });
  void chrome.action.setBadgeBackgroundColor({ color: "#0b6b60" });
}

/** What pages may ask for. @type {{ [type: string]: () => Promise<void> }} */
const REQUESTS = {
  sync,
  async "sign-out"() {
    await close();
    await erase();
    showBadge(0);
  },
};

// Listeners are there before the first event is handed out only where they are registered at once, without waiting.
chrome.runtime.onMessage.addListener((message, _sender, answer) => {
  const run = REQUESTS[message?.type];
  if (!run) return false;
  /** @type {(said: Answer) => void} */
  const say = answer;
  run().then(() => say({ ok: true }), (error) => say({ ok: false, code: codeOf(error), message: sentence(error) }));
  // Keeps the channel open, and with it the worker, until the answer is there.
  return true;
});

chrome.alarms.onAlarm.addListener(({ name }) => {
  if (name === ALARM) void sync().catch(() => {});
});

chrome.storage.onChanged.addListener((changes, area) => {
  if (area === "local" && changes.email) void sync().catch(() => {});
});

// Alarms do not always outlive an update or a restart of the browser.
void chrome.alarms.get(ALARM).then((alarm) => (alarm ? undefined : chrome.alarms.create(ALARM, { periodInMinutes: PERIOD })));
