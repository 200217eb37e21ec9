// @ts-check
/**
 * The card of settings about this device: its data set, its numbers, a copy of everything, and erasing it.
 * Does not sync.
 */
import { version } from "../../../pkg/index.js";
import { h, write } from "../dom.js";
import { importMovies } from "../movies.js";
import { available, sentence, shown } from "../problem.js";
import { toast } from "../toast.js";
import { importText } from "./library.js";
import { card } from "./parts.js";

/** @param {import("./parts.js").App} app */
export function device({ client, database, erase }) {
  const number = (/** @type {string} */ label, /** @type {string} */ testid, text = "–") => {
    const value = h("dd", { "data-testid": testid }, text);
    return { value, element: h("div", {}, h("dt", {}, label), value) };
  };
  const records = number("Records", "storage-records");
  const usage = number("Storage used", "storage-usage");
  const persistent = number("Kept by the browser", "storage-persistent");
  const id = number("Device", "device-id", client.device);
  const release = number("Version", "version", version);
  const load = database.names.includes("movies") && h("button", { type: "button", class: "button", "data-testid": "settings-import-movies", onclick: importSet }, "Import the film data set");
  const save = h("button", { type: "button", class: "button", "data-testid": "export", onclick: download }, "Save a copy");
  const wipe = h("button", { type: "button", class: "button danger", "data-testid": "erase", onclick: erase }, "Erase this device");

  async function look() {
    const storage = await available(client.storage());
    if (!("value" in storage)) return;
    write(records.value, storage.value.records.toLocaleString("en"));
    write(usage.value, `${megabytes(storage.value.usage)} of ${megabytes(storage.value.quota)}`);
    write(persistent.value, storage.value.persistent ? "Yes" : "Until space runs out");
  }

  /** @param {MouseEvent} event */
  async function importSet(event) {
    const load = /** @type {HTMLButtonElement} */ (event.currentTarget);
    load.disabled = true;
    const done = await shown(importMovies(client.collection("movies")));
    load.disabled = false;
    if (done) toast(importText(done));
    void look();
  }

  async function download() {
    const copy = await available(client.export());
    if ("missing" in copy) {
      save.disabled = true;
      toast("Saving a copy is not part of this version.");
    } else if ("error" in copy) {
      toast(sentence(copy.error));
    } else {
      const url = URL.createObjectURL(copy.value);
      h("a", { href: url, download: "syncline.ndjson.gz" }).click();
      URL.revokeObjectURL(url);
    }
  }

  void look();
  return {
    element: card("This device",
      h("dl", { class: "numbers" }, ...[records, usage, persistent, id, release].map(({ element }) => element)),
      h("div", { class: "actions" }, load, save, wipe)),
    close: () => {},
  };
}

/** @param {number} bytes */
function megabytes(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}
