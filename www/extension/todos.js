// @ts-check
/**
 * The todos of the extension, the same in its popup and in its new tab, with the status of sync above them.
 * Syncs nothing itself: after a write it wakes the background.
 */
import "../../pkg/element-define.js";
import { h } from "../js/dom.js";
import { sentence } from "../js/problem.js";
import { toast } from "../js/toast.js";
import { todoForm, todoList } from "../js/todo-list.js";
import { openForPage } from "./database.js";

/**
 * Asks the background for something; resolves when it is done.
 * @param {"sync" | "sign-out"} type
 */
export async function ask(type) {
  const answer = /** @type {import("./background.js").Answer | undefined} */ (await chrome.runtime.sendMessage({ type }));
  if (answer && !answer.ok) throw new Error(answer.message);
}

/**
 * Opens the database and fills a page.
 * @param {{ status: HTMLElement, todos: HTMLElement }} places
 */
export async function showTodos({ status, todos }) {
  const client = await openForPage();
  const collection = client.collection("todos");
  // What cannot be synced is queued, and the status says so.
  const wake = () => void ask("sync").catch(() => {});

  const indicator = h("sync-status", { "data-testid": "sync-status" });
  indicator.addEventListener("sync-request", (event) => {
    event.preventDefault();
    ask("sync").catch((error) => toast(sentence(error)));
  });
  indicator.client = client;
  status.append(indicator);

  const form = todoForm(collection, { written: wake, due: false });
  const empty = h("p", { class: "empty" }, "Nothing to do.");
  const list = todoList(collection, { written: wake, shown: (count) => { empty.hidden = count > 0; } });
  todos.append(form.element, h("div", { class: "card list-card" }, list.element, empty));
  list.show({ orderBy: "-createdAt" });
  // The background is not told when the network comes back or somebody looks; its alarm would come up to half a minute later.
  addEventListener("online", wake);
  addEventListener("focus", wake);
  wake();
  return { client, input: form.input };
}
