// @ts-check
/**
 * Makes elements and keeps keyed lists of them in step with arrays.
 * Knows nothing of documents, views or sync.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {{ [name: string]: string | number | boolean | null | undefined | ((event: any) => void) }} Props */

/**
 * Makes an element. A function under `onclick` listens for `click`; true sets an empty attribute; false, null and undefined set none.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...shown(children));
  return element;
}

/**
 * Makes an element of a drawing.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {{ [name: string]: string | number }} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...shown(children));
  return element;
}

/**
 * A shadow root with a style of its own.
 * @param {Element} host
 * @param {...string} css
 */
export function shadow(host, ...css) {
  // A constructed sheet passes a `style-src 'self'` policy, which an inline <style> does not.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css.join(""));
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  return root;
}

/**
 * Replaces what an element holds.
 * @param {Element} parent
 * @param {...Child} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(...shown(children));
}

/** @param {Child[]} children */
function shown(children) {
  return children
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child === "number" ? String(child) : /** @type {Node | string} */ (child)));
}

/**
 * Writes a text where it differs, so that nothing is laid out or read out for an equal one.
 * @param {Node} node
 * @param {string} text
 */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Keeps the children of an element in step with a list: one row per item, kept by key, moved rather than made again, and
 * told of an item only when it is another object.
 * @template {{ readonly id: string }} T
 * @param {Element} parent
 * @param {(item: T) => { element: Element, update: (item: T) => void }} create
 */
export function keyed(parent, create) {
  /** @type {Map<string, { item: T, row: ReturnType<typeof create> }>} */
  let rows = new Map();
  /** @param {readonly T[]} items */
  return (items) => {
    /** @type {typeof rows} */
    const next = new Map();
    for (const item of items) {
      const kept = rows.get(item.id);
      if (kept && kept.item !== item) kept.row.update(item);
      next.set(item.id, { item, row: kept?.row ?? create(item) });
    }
    for (const [id, { row }] of rows) if (!next.has(id)) row.element.remove();
    // Rows already in place are left alone: moving one would take the focus from what is inside it.
    let at = parent.firstElementChild;
    for (const { row } of next.values()) {
      if (row.element === at) at = at.nextElementSibling;
      else parent.insertBefore(row.element, at);
    }
    rows = next;
  };
}
