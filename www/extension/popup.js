// @ts-check
/**
 * The popup: adding a todo, the open ones, and how sync stands. Everything goes through the background, so that it starts
 * without WebAssembly and may close at any moment.
 */
import "../../pkg/element-define.js";
import { connect } from "../../pkg/client.js";
import { element, h } from "../js/dom.js";
import { placeIcons } from "../js/icons.js";
import { sentence } from "../js/problem.js";
import { applyKeptTheme, followTheme } from "../js/theme.js";
import { todoForm, todoList } from "../js/todo-list.js";

/** @typedef {import("../js/model.js").Client} Client */

/** @param {Client} client */
function show(client) {
  const status = /** @type {import("../../pkg/element.js").SyncStatusElement} */ (element("sync-status"));
  const todos = client.collection("todos");
  const form = todoForm(todos, { due: false });
  const empty = h("p", { class: "empty" }, "Nothing to do.");
  const list = todoList(todos, { shown: (count) => { empty.hidden = count > 0; } });
  const offer = h("p", { class: "note offer", hidden: true, "data-testid": "opt-in" }, "Sync is off: all of this is on this device alone. ",
    h("a", { href: "newtab.html#/settings", target: "_blank" }, "Choose what to sync"));
  status.client = client;
  const openSettings = () => void chrome.tabs.create({ url: "newtab.html#/settings" });
  status.addEventListener("sync-request", (event) => {
    // Where nothing can be synced yet, the settings say how.
    if (!["disabled", "signed-out"].includes(client.status.state)) return;
    event.preventDefault();
    openSettings();
  });
  status.addEventListener("sync-action", ({ detail: { action } }) => {
    if (["sign-in", "enable", "inspect"].includes(action)) openSettings();
  });
  client.subscribe(({ state }) => { offer.hidden = state !== "disabled"; });
  followTheme(client);
  element("main").replaceChildren(form.element, h("div", { class: "card list-card" }, list.element, empty), offer);
  list.show({ where: { done: false }, orderBy: "-createdAt" });
  form.input.focus();
}

applyKeptTheme();
placeIcons(document);
connect().then(show, (error) => element("main").replaceChildren(h("p", { class: "empty", role: "alert", "data-testid": "open-problem" }, sentence(error))));
