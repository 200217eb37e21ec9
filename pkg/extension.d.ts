// The types of `syncline/extension`.
import type { Options, Schema, Status, Syncline } from "./index.js";

export { SynclineError } from "./index.js";

export interface BackgroundSettings {
  /** The name of the alarm that wakes the background for the next attempt. Default "syncline". */
  alarm?: string;
  /** Milliseconds that a sync may take which no client asked for: Chrome ends a worker after 30 seconds. Default 25 000. */
  budgetMs?: number;
  /** Whether the extension's icon shows how many changes wait, or what it shows instead. Default true. */
  badge?: boolean | ((status: Status) => { text: string; color?: string });
  /** The name of the ports that clients connect to. Default "syncline". */
  port?: string;
}

/**
 * Makes the script that calls it the background of `syncline`: a service worker in Chrome, an event page in Firefox. Call it at the
 * top of the script, before anything is awaited: it registers its listeners at once (ports, messages, alarms, installation,
 * start of the browser), and opens the database when one of them, or `client()`, first needs it.
 *
 * It syncs when the browser starts it, after each write, when an alarm rings that is armed for the next attempt, and every 15 to 20
 * seconds while a page that somebody sees has a live query or listens. Unless `options.schedule` says otherwise there is no live channel
 * and a poll only every five minutes, so that the worker can rest.
 *
 * A message `{ syncline: "syncline" }` (the name of the ports) by `runtime.sendMessage` syncs, too, and is answered with
 * `{ status }` or `{ error: { code, message, retryable, details } }`.
 *
 * The manifest needs the permission `alarms`, and `'wasm-unsafe-eval'` in the content security policy of its pages.
 */
export function background<S extends Schema>(
  /** Those of `open`, or what gives them. Null: there is nothing to open yet (nobody is signed in, say), which clients are told as the error `closed`, with `details.reason` "nothing-to-open". */
  options: Options<S> | (() => Options<S> | null | Promise<Options<S> | null>),
  settings?: BackgroundSettings,
): Background<S>;

export interface Background<S extends Schema> {
  /** The open database; opens it where it is not. */
  client(): Promise<Syncline<S>>;
  /** Closes it, and asks `options` anew: after a sign-in or a sign-out. Connected clients go on with the new one. */
  reopen(): Promise<void>;
  /** Closes it until it is next needed. */
  close(): Promise<void>;
}
