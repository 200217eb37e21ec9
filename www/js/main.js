// @ts-check
/**
 * Starts the demo: its views, over a database of the name that the address gives, and its service worker.
 * What an app is around its views is `app.js`.
 */
import { registerSync } from "../../pkg/service-worker.js";
import { startApp } from "./app.js";
import { database } from "./database.js";
import { habitsView } from "./views/habits.js";
import { libraryView } from "./views/library.js";
import { linksView } from "./views/links.js";
import { settingsView } from "./views/settings.js";
import { todosView } from "./views/todos.js";

startApp({
  data: database(new URLSearchParams(location.search).get("db") ?? "syncline-demo"),
  views: { todos: todosView, habits: habitsView, links: linksView, library: libraryView, settings: settingsView },
  opened(client) {
    // Another tab has signed out: what this one shows next is whatever is there then.
    client.addEventListener("error", ({ detail }) => { if (detail.code === "account-mismatch") location.reload(); });
    return registerSync(client);
  },
});
// A page that cannot have a service worker (a private window) works all the same, only not after a reload without a network.
navigator.serviceWorker?.register("/sw.js", { type: "module" }).catch(() => {});
