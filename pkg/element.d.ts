// The types of `syncline/element`.
import type { ErrorCode, Status, Syncline } from "./index.js";

/** A text in which `{name}` is filled in, or one for each plural category (`one`, `few`, `other` ...) of `{count}`. */
export type Message = string | { readonly [category: string]: string };
/** Texts by key. What a set lacks is said in English. `lang` is the language that numbers and times are written in. */
export type Messages = { readonly [key: string]: Message };
/** Everything the elements say, in English: what a translation begins with. */
export const messages: Messages;

/** What the two elements have in common. */
export interface SyncElement extends HTMLElement {
  /** The client that is shown: what `open` of `syncline` or `connect` of `syncline/client` gives. */
  client: Syncline<any> | null;
  /** Texts in place of the English ones. The attribute `messages` holds them as JSON; its language is that of the nearest `lang`, or what they say themselves. */
  messages: Messages | null;
}

/**
 * `<sync-status>`: an icon and a text that say how sync stands, and a panel with what can be done about it. A click dispatches
 * `sync-request`, then calls `client.sync()`. Attributes: `compact`, `actions` (what the app can do, see `Action`), `inspector`
 * (the id of a `<sync-inspector>` beside it that the panel leads to).
 */
export class SyncStatusElement extends HTMLElement implements SyncElement {
  client: Syncline<any> | null;
  messages: Messages | null;
  /** Only the icon and the count of pending changes. Reflects the attribute. */
  compact: boolean;
}

/**
 * `<sync-inspector>`: the queue, refused changes to edit, send again or discard, conflicts to decide, a time line of the attempts
 * since it was connected, storage and metrics.
 */
export class SyncInspectorElement extends HTMLElement implements SyncElement {
  client: Syncline<any> | null;
  messages: Messages | null;
}

/**
 * What a user may be offered. The element does the first four itself, and `inspect` where it knows an inspector; an app that can
 * do others names them in the attribute `actions` and listens to `sync-action`.
 */
export type Action = "sync" | "retry" | "confirm-deletions" | "reload" | "inspect" | "sign-in" | "enable" | "free-space" | "plan" | "unlock";

/** What is wrong, as the key of a message, and what gets out of it: decided by the error's code. For an indicator of one's own. */
export function wayOut(status: Pick<Status, "state" | "error" | "parked" | "conflicts">): { readonly problem: string | null; readonly action: Action | null };

/** The text for a status at a time in milliseconds since 1970, in English. For an indicator of one's own. */
export function label(status: Status, now: number): string;

declare global {
  interface HTMLElementTagNameMap {
    "sync-status": SyncStatusElement;
    "sync-inspector": SyncInspectorElement;
  }
  interface HTMLElementEventMap {
    /** Cancelable: `preventDefault()` keeps the element from syncing. */
    "sync-request": CustomEvent<null>;
    /** Cancelable: `preventDefault()` keeps the element from doing it itself. */
    "sync-action": CustomEvent<{ action: Action; error: { code: ErrorCode; message: string; collection?: string } | null }>;
  }
}
