// @ts-check
/**
 * In a page that is not ours: saves what is selected there as a todo, and says so once it is durable.
 * Stores nothing itself: it asks the background, over a port.
 */
import { connect } from "../../pkg/client.js";
import { notice } from "./notice.js";
import { todoOf } from "./selected.js";

/**
 * Saves the selection of this frame.
 * @param {boolean} isOneOfAll Whether all frames of the page are asked, of which the one with the focus is meant.
 * @returns {Promise<boolean>} True: the user was told what became of it, here or by the frame that is meant.
 */
export async function saveSelection(isOneOfAll) {
  if (isOneOfAll && !isMeant()) return true;
  const todo = todoOf(selectedText(), { title: document.title, url: location.href }, Date.now());
  if (!todo) {
    notice("Select some text first.");
    return true;
  }
  /** @type {import("../js/model.js").Client | undefined} */
  let client;
  try {
    client = await connect();
    const todos = client.collection("todos");
    const { id } = await todos.put(todo);
    const opened = client;
    notice(`Saved to your todos: ${todo.title}`, { label: "Undo", run: () => todos.delete(id) }, () => void opened.close());
  } catch (error) {
    notice(`This could not be saved: ${error instanceof Error ? error.message : error}`);
    void client?.close();
  }
  return true;
}

/** Whether the focus is in this frame; the outermost one has it where none has. */
function isMeant() {
  return !(document.activeElement instanceof HTMLIFrameElement) && (window === window.top || document.hasFocus());
}

/** What is selected, also within a field of a form; never in one for a password, of which browsers would give the dots. */
function selectedText() {
  const field = document.activeElement;
  if (field instanceof HTMLInputElement && field.type === "password") return "";
  const isField = field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement;
  // Null: a field without text, such as a check box.
  if (isField && field.selectionStart !== null) return field.value.slice(field.selectionStart, field.selectionEnd ?? undefined);
  return getSelection()?.toString() ?? "";
}
