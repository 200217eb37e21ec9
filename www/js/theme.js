// @ts-check
/**
 * Applies the theme chosen in the settings to the page, and keeps it for the next first paint.
 * The choice itself is a record of the database.
 */

const KEY = "syncline:theme";

/** Applies what was chosen last, before the database is open. */
export function applyKeptTheme() {
  apply(localStorage.getItem(KEY) ?? "auto");
}

/**
 * Follows the theme in the settings. Returns a function that stops it.
 * @param {import("./model.js").Client} client
 */
export function followTheme(client) {
  return client.collection("settings").live({ where: { id: "preferences" } }).subscribe(([kept]) => {
    const theme = kept?.theme ?? "auto";
    localStorage.setItem(KEY, theme);
    apply(theme);
  });
}

/** @param {string} theme */
function apply(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}
