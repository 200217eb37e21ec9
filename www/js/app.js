// @ts-check
/**
 * The frame of an app: opens the database, shows the view that the address asks for, and moves between local only and signed in.
 * Holds no view. Used by the demo and by the extension's new tab, which differ in their views and databases.
 */
import "../../pkg/element-define.js";
import { element, h } from "./dom.js";
import { placeIcons } from "./icons.js";
import { sentence, shown } from "./problem.js";
import { router } from "./router.js";
import { shortcuts } from "./shortcuts.js";
import { confirmed, signInDialog } from "./sign-in.js";
import { applyKeptTheme, followTheme } from "./theme.js";
import { toast } from "./toast.js";

/** @typedef {import("./model.js").Client} Client */
/** @typedef {import("./model.js").CollectionName} CollectionName */
/** @typedef {import("./session.js").Session} Session */

/** Shows the inspector, which is at the end of the settings. */
function showInspector() {
  const show = () => document.querySelector("sync-inspector")?.scrollIntoView();
  if (location.hash === "#/settings") return show();
  addEventListener("hashchange", show, { once: true });
  location.assign("#/settings");
}

/**
 * Starts it on a page with a `<sync-status>`, a button for the account, a `main` and links to the views.
 * @param {object} of
 * @param {import("./database.js").Database} of.data
 * @param {Record<string, import("./views/parts.js").View>} of.views
 * @param {(client: Client) => () => void} [of.opened] What else to do with a client while it is open; returns what ends that.
 * @param {string} [of.server] The server to propose where it is not the one that the page is from.
 */
export function startApp({ data, views: all, opened: begin = () => () => {}, server }) {
  const status = /** @type {import("../../pkg/element.js").SyncStatusElement} */ (element("sync-status"));
  const accountLink = element("account");
  const views = router(all, element("main"), element("nav"));
  const dialog = signInDialog(signIn, server);

  /** @type {Client | null} */
  let client = null;
  let stopTheme = () => {};
  let end = () => {};
  /** What the user chose to sync, while signing in. @type {readonly CollectionName[]} */
  let chosen = [];

  /** Whether there is a session that the server has not ended. */
  const isSignedIn = () => Boolean(data.session()?.token);

  /** @param {readonly CollectionName[]} [wanted] */
  function askSignIn(wanted = []) {
    chosen = wanted;
    dialog.ask(data.session());
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
    end = begin(opened);
    // The server may end the session at any time; the status tells.
    opened.subscribe(showAccount);
    views.mount({ client: opened, database: data, askSignIn, signOut, erase, isPart: false });
    Object.assign(globalThis, { syncline: opened });
  }

  async function close() {
    stopTheme();
    end();
    views.unmount();
    status.client = null;
    await client?.close();
    client = null;
  }

  /** @param {Session} session */
  async function signIn(session) {
    await close();
    try {
      show(await data.signIn(session, chosen));
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
      await data.signOut();
      await close();
    } catch (error) {
      return toast(sentence(error));
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
    if (action === "sign-in" || (action === "enable" && !isSignedIn())) askSignIn();
    else if (action === "enable" || action === "free-space") location.assign("#/settings");
    else if (action === "inspect") showInspector();
  });
  void start();
}
