// The types of `syncline/element`.
import type { Status, Syncline } from "./index.js";

/** `<sync-status>`: an icon and a text that say how sync stands. A click dispatches `sync-request`, then calls `client.sync()`. */
export class SyncStatusElement extends HTMLElement {
  /** The client whose status is shown. */
  client: Syncline<any> | null;
  /** Only the icon and the count of pending changes. Reflects the attribute. */
  compact: boolean;
}

/** The text for a status at a time in milliseconds since 1970, for an indicator of one's own. */
export function label(status: Status, now: number): string;

declare global {
  interface HTMLElementTagNameMap {
    "sync-status": SyncStatusElement;
  }
  interface HTMLElementEventMap {
    /** Cancelable: `preventDefault()` keeps the element from syncing. */
    "sync-request": CustomEvent<null>;
  }
}
