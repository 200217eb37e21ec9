// @ts-check
/**
 * The view of quick links: a grid of tiles, each a title and an address.
 * Fetches nothing from the sites it links to, not even their icons.
 */
import { addressOf } from "../address.js";
import { h, keyed, write } from "../dom.js";
import { icon } from "../icons.js";
import { shown } from "../problem.js";
import { toast } from "../toast.js";
import { adder, header } from "./parts.js";

/** @typedef {import("../model.js").Link} Link */

/** @type {import("./parts.js").View} */
export function linksView({ client, isPart }) {
  const links = client.collection("links");
  const { element: head, note } = header("Quick links", "links-count", isPart);
  const empty = h("p", { class: "empty" }, "No links yet. Add the places you go to every day.");
  const title = h("input", { class: "field", placeholder: "Title", "aria-label": "Title", autocomplete: "off", "data-testid": "link-title" });
  const url = h("input", { class: "field", placeholder: "example.org", "aria-label": "Address", inputmode: "url", autocomplete: "off", spellcheck: "false", "data-testid": "link-url", oninput: () => url.setCustomValidity("") });
  const save = h("span", {}, "Add");
  const form = h("form", { class: "adder", "data-testid": "link-form", onsubmit: submit }, title, url,
    h("button", { type: "submit", class: "button primary", "data-testid": "link-add" }, icon("add"), save));
  const tiles = h("ul", { class: "tiles", "data-testid": "link-list" });
  const { fold, unfold } = adder(form, head, { isPart, label: "Add a link", testid: "link-unfold", first: title });
  /** @type {Link | null} */
  let edited = null;

  /** @param {Link | null} link */
  function edit(link) {
    edited = link;
    title.value = link?.title ?? "";
    url.value = link?.url ?? "";
    write(save, link ? "Save" : "Add");
    if (link) unfold();
    title.focus();
  }

  /** @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault();
    const address = addressOf(url.value);
    url.setCustomValidity(address ? "" : "Type a web address, such as example.org");
    if (!address) {
      url.reportValidity();
      return;
    }
    const fields = { title: title.value.trim() || address.host, url: address.href };
    void shown(edited ? links.update(edited.id, fields) : links.put({ ...fields, createdAt: Date.now() }));
    edit(null);
    fold();
  }

  form.addEventListener("keydown", (event) => { if (event.key === "Escape") edit(null); });
  const render = keyed(tiles, (/** @type {Link} */ link) => tile(link, isPart, {
    edit,
    remove: (gone) => void shown(links.delete(gone.id).then(() =>
      toast(`Deleted “${gone.title}”`, { label: "Undo", run: () => void shown(links.put(gone)) }))),
  }));
  const close = links.live({ orderBy: "title" }).subscribe((all) => {
    empty.hidden = all.length > 0;
    write(note, all.length > 0 ? String(all.length) : "");
    render(all);
  });
  return { element: h("section", { class: "view", "data-testid": "view-links" }, head, form, tiles, empty), add: title, close };
}

/**
 * @param {Link} first
 * @param {boolean} isInPlace Whether the link opens where the tile is, rather than in a tab of its own.
 * @param {{ edit: (link: Link) => void, remove: (link: Link) => void }} actions
 */
function tile(first, isInPlace, actions) {
  let link = first;
  const mark = h("span", { class: "tile-mark", "aria-hidden": "true" });
  const title = h("span", { class: "tile-title", "data-testid": "link-tile-title" });
  const host = h("span", { class: "tile-host" });
  const anchor = h("a", { class: "tile-link", rel: "noopener noreferrer", target: !isInPlace && "_blank", "data-testid": "link-open" }, mark, title, host);
  const change = h("button", { type: "button", class: "icon-button quiet", "data-testid": "link-edit", onclick: () => actions.edit(link) }, icon("edit"));
  const remove = h("button", { type: "button", class: "icon-button quiet", "data-testid": "link-delete", onclick: () => actions.remove(link) }, icon("trash"));
  const element = h("li", { class: "tile card", "data-testid": "link", "data-id": link.id }, anchor, h("div", { class: "tile-tools" }, change, remove));

  /** @param {Link} next */
  function update(next) {
    link = next;
    // What came from another device is checked again: an address that runs script must not become a link.
    const address = addressOf(next.url);
    anchor.href = address?.href ?? "";
    write(mark, [...next.title][0]?.toLocaleUpperCase() ?? "?");
    mark.style.setProperty("--hue", String(hue(address?.host ?? next.title)));
    write(title, next.title);
    write(host, address?.host.replace(/^www\./, "") ?? "not a web address");
    change.setAttribute("aria-label", `Edit ${next.title}`);
    remove.setAttribute("aria-label", `Delete ${next.title}`);
  }

  update(first);
  return { element, update };
}

/** @param {string} text */
function hue(text) {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  return sum;
}
