// @ts-check
/**
 * The view of the imported data set: some thousand films, searched and sorted on the device.
 * Importing them is `movies.js`.
 */
import { h, write } from "../dom.js";
import { importMovies } from "../movies.js";
import { shown } from "../problem.js";
import { toast } from "../toast.js";
import { virtualList } from "../virtual-list.js";
import { header, searchField } from "./parts.js";

/** @typedef {import("../model.js").Movie} Movie */

/** What can be sorted by, and which way first. @type {readonly (readonly [keyof Movie & string, string, string])[]} */
const ORDERS = [
  ["title", "Title", "title"],
  ["year", "Newest", "-year"],
  ["rating", "Best rated", "-rating"],
  ["gross", "Top grossing", "-gross"],
];

/** @type {import("./parts.js").View} */
export function libraryView({ client }) {
  const movies = client.collection("movies");
  const { element: head, note } = header("Library", "movies-count");
  const search = searchField("Search title, director or genre", "movie-search", () => filter(true));
  const order = h("select", { class: "field", "aria-label": "Sort by", "data-testid": "movie-sort", onchange: () => listen() },
    ...ORDERS.map(([field, label]) => h("option", { value: field }, label)));
  const list = virtualList(movieRow, { role: "table", "aria-label": "Films", "data-testid": "movie-list" });
  const start = h("button", { type: "button", class: "button primary", "data-testid": "import-movies", onclick: load }, "Import 3,201 films");
  const empty = h("div", { class: "empty", hidden: true, "data-testid": "movies-empty" },
    h("p", {}, "A real data set (vega-datasets’ movies) to try the store with: one click, one commit, and it is on your other devices too."), start);
  const nothing = h("p", { class: "empty", hidden: true }, "No film matches.");

  /** @type {readonly Movie[]} */
  let all = [];
  /** @type {Map<Movie, string>} What each document is searched in; documents are shared, so they serve as keys. */
  let texts = new Map();
  let stop = () => {};

  function listen() {
    stop();
    let first = true;
    stop = movies.live({ orderBy: ORDERS.find(([field]) => field === order.value)?.[2] ?? "title" }).subscribe((next) => {
      all = next;
      filter(first);
      first = false;
    });
  }

  /** @param {boolean} fromTop */
  function filter(fromTop) {
    const words = search.input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length > 0 ? all.filter((movie) => words.every((word) => textOf(movie).includes(word))) : all;
    empty.hidden = all.length > 0;
    list.element.hidden = found.length === 0;
    nothing.hidden = all.length === 0 || found.length > 0;
    const count = found.length.toLocaleString("en");
    write(note, all.length === 0 ? "" : words.length > 0 ? `${count} of ${all.length.toLocaleString("en")}` : `${count} films`);
    list.show(found, fromTop);
  }

  /** @param {Movie} movie */
  function textOf(movie) {
    let text = texts.get(movie);
    if (text === undefined) {
      if (texts.size > 2 * all.length) texts = new Map();
      text = [movie.title, movie.director, movie.genre].join("\n").toLocaleLowerCase();
      texts.set(movie, text);
    }
    return text;
  }

  async function load() {
    start.disabled = true;
    const done = await shown(importMovies(movies));
    start.disabled = false;
    if (done) toast(importText(done));
  }

  listen();
  return {
    element: h("section", { class: "view wide", "data-testid": "view-library" }, head,
      h("div", { class: "bar" }, search.element, order),
      h("div", { class: "card list-card library" }, list.element, empty, nothing)),
    search: search.input,
    close: () => {
      stop();
      list.close();
    },
  };
}

/**
 * What an import did, in a sentence.
 * @param {{ added: number, known: number, milliseconds: number }} done
 */
export function importText({ added, known, milliseconds }) {
  if (added === 0) return `All ${known.toLocaleString("en")} films are here already.`;
  return `${added.toLocaleString("en")} films saved on this device in ${Math.max(1, Math.round(milliseconds))} ms.`;
}

/**
 * @param {Movie} movie
 * @param {number} index
 */
function movieRow(movie, index) {
  const cell = (/** @type {string} */ name, /** @type {string | undefined} */ text) => h("span", { role: "cell", class: `movie-${name}` }, text ?? "");
  return h("div", { role: "row", class: "movie", "aria-rowindex": index + 1, "data-testid": "movie", "data-id": movie.id },
    cell("title", movie.title),
    cell("year", movie.year > 0 ? String(movie.year) : ""),
    cell("genre", movie.genre),
    cell("director", movie.director),
    cell("rating", movie.rating === undefined ? "" : `★ ${movie.rating.toFixed(1)}`),
    cell("gross", movie.gross ? money(movie.gross) : ""));
}

/** @param {number} dollars */
function money(dollars) {
  if (dollars >= 1e9) return `$${(dollars / 1e9).toFixed(2)} B`;
  return dollars >= 1e6 ? `$${(dollars / 1e6).toFixed(dollars >= 1e8 ? 0 : 1)} M` : `$${Math.round(dollars / 1e3)} k`;
}
