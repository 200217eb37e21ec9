// @ts-check
// Loads the module that saves a selection: a script that is put into a page cannot be a module, but it can import one.
import(chrome.runtime.getURL("selection.js")).then((module) => module.saveSelection());
