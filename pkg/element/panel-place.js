// @ts-check
/** Decides where a panel goes beside what opened it: below, or above where there is more room; never beyond the screen. Pure. */

const GAP = 6;
const MARGIN = 8;

/**
 * @param {{ left: number, right: number, top: number, bottom: number }} anchor
 * @param {{ width: number, height: number }} panel
 * @param {{ width: number, height: number }} screen
 */
export function panelPlace(anchor, panel, screen) {
  const isBelow = anchor.bottom + GAP + panel.height <= screen.height - MARGIN || screen.height - anchor.bottom >= anchor.top;
  const y = isBelow ? anchor.bottom + GAP : Math.max(MARGIN, anchor.top - GAP - panel.height);
  const x = Math.max(MARGIN, Math.min(anchor.right - panel.width, screen.width - MARGIN - panel.width));
  return { x, y };
}
