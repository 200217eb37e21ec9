// @ts-check
/**
 * The data set of the demo: some three thousand films, as vega-datasets ships them, turned into documents.
 * Does not show them.
 */

/** @typedef {import("./model.js").Movie} Movie */
/** @typedef {{ [column: string]: string | number | null }} Row A row of the file as it is. */

const FILE = "/data/movies.json";

/**
 * Imports the data set: what is not here yet goes in with one commit.
 * @param {import("../../pkg/index.js").Collection<Movie>} movies
 * @returns {Promise<{ added: number, known: number, milliseconds: number }>} `milliseconds` of the commit alone.
 */
export async function importMovies(movies) {
  const response = await fetch(FILE);
  if (!response.ok) throw new Error("The data set is not on this server.");
  const all = documents(await response.json());
  const present = await movies.getAll(all.map((movie) => movie.id));
  const missing = all.filter((_, index) => present[index] === undefined);
  const start = performance.now();
  if (missing.length > 0) await movies.putAll(missing);
  return { added: missing.length, known: all.length - missing.length, milliseconds: performance.now() - start };
}

/**
 * The rows as documents. The file has no ids, so each is made of title and release date: the same on every device.
 * @param {Row[]} rows
 * @returns {Movie[]}
 */
export function documents(rows) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return rows.map((row) => {
    const movie = documentOf(row);
    const count = (seen.get(movie.id) ?? 0) + 1;
    seen.set(movie.id, count);
    return count === 1 ? movie : { ...movie, id: `${movie.id}-${count}` };
  });
}

/**
 * @param {Row} row
 * @returns {Movie}
 */
function documentOf(row) {
  const title = String(row["Title"] ?? "Untitled");
  const released = dayOf(String(row["Release Date"] ?? ""));
  const movie = {
    id: `${slug(title)}-${released}`,
    title,
    released,
    year: Number(released.slice(0, 4)),
    genre: row["Major Genre"],
    director: row["Director"],
    distributor: row["Distributor"],
    mpaa: row["MPAA Rating"],
    runtime: row["Running Time min"],
    rating: row["IMDB Rating"],
    votes: row["IMDB Votes"],
    tomatoes: row["Rotten Tomatoes Rating"],
    budget: row["Production Budget"],
    gross: row["Worldwide Gross"],
  };
  // A field without a value is left out, as in any document.
  return /** @type {Movie} */ (Object.fromEntries(Object.entries(movie).filter(([, value]) => value !== null)));
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** The file ends here; its years were widened from two digits, and 1946 came out as 2046. */
const LAST_YEAR = 2012;

/**
 * `Jun 12 1998` as `1998-06-12`; what reads otherwise has no day.
 * @param {string} text
 */
function dayOf(text) {
  const [month = "", day = "", year = ""] = text.split(" ");
  const number = MONTHS.indexOf(month) / 3 + 1;
  const full = Number(year) > LAST_YEAR ? Number(year) - 100 : year;
  return year ? `${full}-${String(number).padStart(2, "0")}-${day.padStart(2, "0")}` : "0000-00-00";
}

/** @param {string} text */
function slug(text) {
  return text.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "film";
}
