// @ts-check
/**
 * Starts the demo: opens the database, shows the view that the address asks for, and moves between local only and signed in.
 * Holds no view.
 */
import "../../pkg/element-define.js";
import { registerSync } from "../../pkg/service-worker.js";
import { database } from "./database.js";
import { h } from "./dom.js";
import { placeIcons } from "./icons.js";
import { codeOf, sentence, shown } from "./problem.js";
import { router } from "./router.js";
import { shortcuts } from "./shortcuts.js";
import { confirmed, signInDialog } from "./sign-in.js";
import { applyKeptTheme, followTheme } from "./theme.js";
import { toast } from "./toast.js";
import { habitsView } from "./views/habits.js";
import { libraryView } from "./views/library.js";
import { linksView } from "./views/links.js";
import { settingsView } from "./views/settings.js";
import { todosView } from "./views/todos.js";

/** @typedef {import("./model.js").Client} Client */
/** @typedef {import("./session.js").Session} Session */

const data = database(new URLSearchParams(location.search).get("db") ?? "syncline-demo");
const status = /** @type {import("../../pkg/element.js").SyncStatusElement} */ (element("sync-status"));
const accountLink = element("account");
const views = router(
  { todos: todosView, habits: habitsView, links: linksView, library: libraryView, settings: settingsView },
  element("main"),
  element("nav"),
);
const dialog = signInDialog(signIn);

/** @type {Client | null} */
let client = null;
let stopTheme = () => {};
let stopSync = () => {};

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}

/** Whether there is a session that the server has not ended. */
function isSignedIn() {
  return Boolean(data.session()?.token);
}

function askSignIn() {
  dialog.ask(data.session()?.email);
}

function showAccount() {
  accountLink.title = isSignedIn() ? data.session()?.email ?? "" : "Sign in";
  accountLink.classList.toggle("is-signed-in", isSignedIn());
}

/** @param {Client} opened */
function show(opened) {
  client = opened;
  status.client = opened;
  stopTheme = followTheme(opened);
  stopSync = registerSync(opened);
  // The server may end the session at any time; the status tells.
  opened.subscribe(showAccount);
  views.mount({ client: opened, database: data, askSignIn, signOut, erase });
  Object.assign(globalThis, { syncline: opened });
}

async function close() {
  stopTheme();
  stopSync();
  views.unmount();
  status.client = null;
  await client?.close();
  client = null;
}

/** @param {Session} session */
async function signIn(session) {
  await close();
  try {
    show(await data.signIn(session));
    toast(`Signed in as ${session.email}`);
  } catch (error) {
    show(await data.open());
    throw error;
  }
}

async function signOut() {
  const pending = client?.status.pending ?? 0;
  if (pending > 0 && !await confirmed(`${pending.toLocaleString("en")} changes have not been sent yet and would be lost. Sign out all the same?`, "Sign out")) return;
  try {
    await client?.signOut({ dropPending: true });
    data.signOut();
    await close();
  } catch (error) {
    if (codeOf(error) !== "invalid-argument") return toast(sentence(error));
    // Without signOut() in the package, forgetting an account is forgetting its database.
    await close();
    await data.erase();
  }
  show(await data.open());
}

async function erase() {
  if (!await confirmed("Erase everything on this device? What has been synced stays at the server.", "Erase")) return;
  await close();
  await shown(data.erase());
  location.reload();
}

async function start() {
  try {
    show(await data.open());
  } catch (error) {
    element("main").replaceChildren(h("section", { class: "view" }, h("h1", {}, "This could not be opened"),
      h("p", { role: "alert", "data-testid": "open-problem" }, sentence(error)),
      h("div", { class: "actions" },
        h("button", { type: "button", class: "button", onclick: () => location.reload() }, "Try again"),
        h("button", { type: "button", class: "button danger", onclick: erase }, "Erase this device"))));
  }
}

function showInspector() {
  const show = () => document.querySelector("sync-inspector")?.scrollIntoView();
  if (location.hash === "#/settings") return show();
  addEventListener("hashchange", show, { once: true });
  location.assign("#/settings");
}

applyKeptTheme();
placeIcons(document);
shortcuts(views, () => status.shadowRoot?.querySelector("button")?.click());
accountLink.addEventListener("click", () => (isSignedIn() ? location.assign("#/settings") : askSignIn()));
status.addEventListener("sync-request", (event) => {
  if (isSignedIn()) return;
  event.preventDefault();
  askSignIn();
});
status.addEventListener("sync-action", ({ detail: { action } }) => {
  if (action === "sign-in" || action === "enable") askSignIn();
  if (action === "free-space") location.assign("#/settings");
  if (action === "inspect") showInspector();
});
void start();
// A page that cannot have a service worker (a private window) works all the same, only not after a reload without a network.
navigator.serviceWorker?.register("/sw.js", { type: "module" }).catch(() => {});
