// @ts-check
/**
 * In a page that is not ours: saves what is selected there as a todo, and says so once it is durable.
 * Stores nothing itself: it asks the background, over a port.
 */
import { connect } from "../../pkg/client.js";
import { notice } from "./notice.js";
import { todoOf } from "./selected.js";

/**
 * Saves the selection of this frame; does nothing where the selection is in a frame within it.
 * @returns {Promise<boolean>} True: the user was told what became of it.
 */
export async function saveSelection() {
  if (document.activeElement instanceof HTMLIFrameElement) return true;
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

/** What is selected, also within a field of a form. */
function selectedText() {
  const field = document.activeElement;
  if (field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && field.type !== "password")) {
    return field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0);
  }
  return getSelection()?.toString() ?? "";
}
