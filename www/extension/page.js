// @ts-check
/**
 * Starts a page of the extension: the popup or the new tab, which differ in their HTML alone.
 * The todos and the account are files of their own.
 */
import { h, write } from "../js/dom.js";
import { placeIcons } from "../js/icons.js";
import { sentence } from "../js/problem.js";
import { showAccount } from "./account.js";
import { showTodos } from "./todos.js";

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}

async function start() {
  try {
    const { client, input } = await showTodos({ status: element("status"), todos: element("todos") });
    await showAccount(element("account"), client);
    input.focus();
  } catch (error) {
    element("todos").append(h("p", { class: "empty", role: "alert", "data-testid": "open-problem" }, sentence(error)));
  }
}

const date = document.getElementById("date");
if (date) write(date, new Date().toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" }));
placeIcons(document);
void start();
