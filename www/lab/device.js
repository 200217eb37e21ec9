// @ts-check
/**
 * One device of the lab: a page with a database, a session and a network switch of its own.
 * What two devices do together is `lab.js`.
 */
// First: the package must find the network behind the gate.
import { isOnline, setOnline } from "./gate.js";
import "../../pkg/element-define.js";
import { database } from "../js/database.js";
import { element, fill, h, write } from "../js/dom.js";
import { importMovies } from "../js/movies.js";
import { sentence } from "../js/problem.js";
import { applyKeptTheme } from "../js/theme.js";
import { toast } from "../js/toast.js";
import { todoForm, todoList } from "../js/todo-list.js";
import { importText } from "../js/views/library.js";
import { labSession } from "./account.js";
import { logEvents } from "./events.js";

/** @typedef {import("../js/model.js").Client} Client */
/**
 * What a device offers to the lab, as `window.device`.
 * @typedef {object} Device
 * @property {Promise<Client>} ready
 * @property {(open: boolean) => void} setOnline
 * @property {() => boolean} isOnline
 * @property {() => Promise<void>} importMovies
 * @property {() => Promise<void>} erase Ends the device and deletes its database.
 */

/** Films shown; the rest is a number. */
const LISTED = 4;

const query = new URLSearchParams(location.search);
const lab = query.get("db") ?? "syncline-lab";
const name = query.get("device") ?? "A";
const data = database(`${lab}-${name}`);
const online = /** @type {HTMLInputElement} */ (element("online"));

async function start() {
  const client = data.session() ? await data.open() : await data.signIn(await labSession(lab));
  logEvents(client, element("log"));
  write(element("id"), client.device);
  const status = /** @type {import("../../pkg/element.js").SyncStatusElement} */ (element("status"));
  status.client = client;
  client.subscribe(({ pending }) => write(element("pending"), pending.toLocaleString("en")));

  const todos = client.collection("todos");
  const empty = h("p", { class: "empty" }, "No todos. Add one: it goes to the other device.");
  const list = todoList(todos, { shown: (count) => { empty.hidden = count > 0; } });
  element("add").append(todoForm(todos, { due: false }).element);
  element("todos").append(list.element, empty);
  list.show({ orderBy: "-createdAt" });

  client.collection("movies").live({ orderBy: "title" }).subscribe((movies) => {
    write(element("count"), movies.length.toLocaleString("en"));
    fill(element("movies"), ...movies.slice(0, LISTED).map((movie) =>
      h("li", { "data-testid": "movie" }, h("span", {}, movie.title), h("span", { class: "note" }, String(movie.year)))));
  });
  return client;
}

async function load() {
  const client = await device.ready;
  try {
    toast(importText(await importMovies(client.collection("movies"))));
  } catch (error) {
    toast(sentence(error));
  }
}

/** @type {Device} */
const device = {
  ready: start(),
  setOnline(open) {
    setOnline(open);
    online.checked = isOnline();
    write(element("network"), isOnline() ? "Online" : "Offline");
    document.body.classList.toggle("is-offline", !isOnline());
  },
  isOnline,
  importMovies: load,
  async erase() {
    const client = await device.ready.catch(() => null);
    await client?.close();
    await data.erase();
  },
};
Object.assign(globalThis, { device });

applyKeptTheme();
write(element("title"), `Device ${name}`);
online.addEventListener("change", () => device.setOnline(online.checked));
element("import").addEventListener("click", load);
element("clear").addEventListener("click", () => element("log").replaceChildren());
device.ready.catch((error) => {
  element("todos").replaceChildren(h("p", { class: "empty", role: "alert", "data-testid": "open-problem" }, sentence(error)));
});
