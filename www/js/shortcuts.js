// @ts-check
/**
 * The keys of the demo: `n` adds, `/` searches, `1` to `5` change the view, `s` syncs.
 * Leaves every key alone while something is being typed.
 */

/**
 * @param {{ readonly mounted: import("./views/parts.js").Mounted | null, names: string[] }} router
 * @param {() => void} sync
 */
export function shortcuts(router, sync) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.composedPath()[0]) || document.querySelector("dialog[open]")) return;
    const view = router.names[Number(event.key) - 1];
    const target = event.key === "n" ? router.mounted?.add : event.key === "/" ? router.mounted?.search : undefined;
    if (target) target.focus();
    else if (view) location.hash = `#/${view}`;
    else if (event.key === "s") sync();
    else return;
    event.preventDefault();
  });
}

/** @param {EventTarget | undefined} target What has the focus, also inside an element of the package. */
function isTyping(target) {
  return target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement
    || (target instanceof HTMLInputElement && target.type !== "checkbox");
}
