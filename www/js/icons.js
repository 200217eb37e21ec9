// @ts-check
/**
 * The line icons, drawn in a box of 24 by 24 in the colour of the text around them.
 * Holds shapes only; their size is a matter of CSS.
 */

const SHAPES = {
  account: "M12 12.5a4.25 4.25 0 1 0 0-8.5 4.25 4.25 0 0 0 0 8.5z M4 20.5c.9-3.6 4-5.5 8-5.5s7.1 1.9 8 5.5",
  add: "M12 5v14 M5 12h14",
  calendar: "M4.5 6.5h15v13h-15z M4.5 10.5h15 M8.5 4v4 M15.5 4v4",
  close: "M6 6l12 12 M18 6 6 18",
  edit: "M5 19l.8-4L16 4.8l3.2 3.2L9 18.2z M14 6.8l3.2 3.2",
  flame: "M12 3.5c.5 3.5 5 5.5 5 10.5a5 5 0 0 1-10 0c0-2 .9-3.3 2-4.5.3 1.5 1 2.2 1.8 2.5C10.5 9 11 6 12 3.5z",
  habits: "M4 5h6v6H4z M14 5h6v6h-6z M4 15h6v5H4z M14 17.5l2 2 4-4.5",
  history: "M4.5 12a7.5 7.5 0 1 0 2.3-5.4 M4 4.5v4h4 M12 8v4.5l3 1.7",
  left: "M14.5 5.5 8 12l6.5 6.5",
  library: "M4 5.5h16v13H4z M8 5.5v13 M16 5.5v13 M4 10h4 M4 14h4 M16 10h4 M16 14h4",
  links: "M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1 M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1",
  right: "M9.5 5.5 16 12l-6.5 6.5",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z M15.5 15.5 20 20",
  settings: "M4 7h9 M19 7h1 M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z M4 17h1 M11 17h9 M8 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  sync: "M20 12a8 8 0 0 1-14.3 4.9 M4 12a8 8 0 0 1 14.3-4.9 M18.8 3v4.4h-4.4 M5.2 21v-4.4h4.4",
  todos: "M4 6.5l1.5 1.5L8.5 5 M4 13l1.5 1.5 3-3 M4 19.5l1.5 1.5 3-3 M12 7h8 M12 13.5h8 M12 20h8",
  trash: "M5 7h14 M9.5 7V4.5h5V7 M7 7l.8 12.5h8.4L17 7 M10.5 10.5v5.5 M13.5 10.5v5.5",
};

/** @typedef {keyof typeof SHAPES} IconName */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Makes an icon, hidden from readers: the control around it carries the name.
 * @param {IconName} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/**
 * Puts an icon into every element under `root` that asks for one with `data-icon`.
 * @param {ParentNode} root
 */
export function placeIcons(root) {
  for (const element of root.querySelectorAll("[data-icon]")) {
    const name = element.getAttribute("data-icon") ?? "";
    if (Object.hasOwn(SHAPES, name)) element.prepend(icon(/** @type {IconName} */ (name)));
  }
}
