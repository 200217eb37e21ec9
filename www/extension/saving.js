// @ts-check
/**
 * The ways to save a selection of any page: the context menu and the keyboard. Each gives the extension that page for this once.
 * The saving itself happens in the page (`selection.js`), where it can be confirmed.
 */
import { todoOf } from "./selected.js";

/** @typedef {import("../js/model.js").Client} Client */

const SAVE = "save-selection";

/**
 * Registers the listeners; to be called at once when the background starts.
 * @param {() => Promise<Client>} client
 */
export function offerSaving(client) {
  chrome.runtime.onInstalled.addListener(() => {
    // Menus outlive the background, and some also an update: a second one of the same id is an error.
    chrome.contextMenus.removeAll(() => chrome.contextMenus.create({ id: SAVE, title: "Save to todos", contexts: ["selection"] }));
  });
  chrome.contextMenus.onClicked.addListener(({ menuItemId, selectionText, frameId }, tab) => {
    if (menuItemId !== SAVE || tab?.id === undefined) return;
    const target = frameId === undefined ? { tabId: tab.id } : { tabId: tab.id, frameIds: [frameId] };
    void save(target).then(async (isDone) => { if (!isDone) await keep(client, selectionText, tab); });
  });
  chrome.commands.onCommand.addListener((command, tab) => {
    if (command === SAVE && tab?.id !== undefined) void save({ tabId: tab.id, allFrames: true });
  });
}

/**
 * Lets the page save its selection. Answers whether it did, or said why not.
 * @param {chrome.scripting.InjectionTarget} target
 */
async function save(target) {
  try {
    const args = /** @type {[string, boolean]} */ ([chrome.runtime.getURL("selection.js"), target.allFrames === true]);
    const results = await chrome.scripting.executeScript({ target, func: saveThere, args });
    return results.some(({ result }) => result === true);
  } catch {
    return false;
  }
}

/**
 * Runs in the page: what is put there cannot be a module, but it can import one.
 * @param {string} url
 * @param {boolean} isOneOfAll
 * @returns {Promise<boolean>}
 */
async function saveThere(url, isOneOfAll) {
  const { saveSelection } = await import(url);
  return saveSelection(isOneOfAll);
}

/**
 * Saves what the menu knows of the selection, where no script may run: a PDF, the browser's own pages.
 * @param {() => Promise<Client>} client
 * @param {string | undefined} text
 * @param {chrome.tabs.Tab} tab
 */
async function keep(client, text, tab) {
  const todo = todoOf(text ?? "", { title: tab.title ?? "", url: tab.url ?? "" }, Date.now());
  if (todo) await (await client()).collection("todos").put(todo);
}
