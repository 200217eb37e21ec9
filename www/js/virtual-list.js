// @ts-check
/**
 * A list of any length of which only the rows in sight are in the document. Rows are all of one height.
 * Knows nothing of what is in a row.
 */
import { h } from "./dom.js";

/** Rows drawn beyond either edge, so that scrolling by keyboard never meets a gap. */
const BEYOND = 8;

/**
 * Makes the list. The height of a row is the custom property `--row` of the element, in pixels.
 * @template T
 * @param {(item: T, index: number) => HTMLElement} create
 * @param {import("./dom.js").Props} props
 */
export function virtualList(create, props) {
  const space = h("div", { class: "virtual-space", role: "rowgroup" });
  const element = h("div", { class: "virtual", tabindex: 0, ...props }, space);
  /** @type {readonly T[]} */
  let items = [];
  let drawn = "";

  function draw() {
    const height = Number.parseFloat(getComputedStyle(element).getPropertyValue("--row")) || 44;
    const first = Math.max(0, Math.floor(element.scrollTop / height) - BEYOND);
    const last = Math.min(items.length, Math.ceil((element.scrollTop + element.clientHeight) / height) + BEYOND);
    const range = `${first} ${last} ${height}`;
    if (range === drawn) return;
    drawn = range;
    space.style.blockSize = `${items.length * height}px`;
    space.replaceChildren(...items.slice(first, last).map((item, index) => {
      const row = create(item, first + index);
      row.style.transform = `translateY(${(first + index) * height}px)`;
      return row;
    }));
  }

  element.addEventListener("scroll", draw, { passive: true });
  const resized = new ResizeObserver(draw);
  resized.observe(element);
  return {
    element,
    /** @param {readonly T[]} next @param {boolean} fromTop Whether this is another question, whose answer is read from its start. */
    show(next, fromTop) {
      items = next;
      drawn = "";
      if (fromTop) element.scrollTop = 0;
      draw();
    },
    close: () => resized.disconnect(),
  };
}
