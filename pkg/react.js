// @ts-check
/**
 * The entry for React: hooks over live queries and the status, by `useSyncExternalStore`.
 * Imports React and nothing of the core: the database is opened by whoever calls them.
 */
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { liveOf, queryKey } from "./react/shared-live.js";

/** @typedef {import("./index.js").Status} Status */

/** What is shown before there is a database, and what a server renders. @type {Status} */
const NOTHING_YET = Object.freeze({
  state: "disabled", pending: 0, parked: 0, conflicts: 0, lastSyncedAt: null, nextSyncAt: null, progress: null, error: null,
  leader: false, channel: "poll", collections: Object.freeze({}),
});

const nothing = () => undefined;
const nothingYet = () => NOTHING_YET;
const never = () => () => {};

/** @type {typeof import("./react.js").useQuery} */
export function useQuery(collection, query) {
  const key = queryKey(query);
  // Found by the query's text: React may call this many times before, and without, ever showing what comes of it.
  const live = useMemo(() => (collection ? liveOf(collection, key) : null), [collection, key]);
  const subscribe = useCallback((/** @type {() => void} */ changed) => live?.subscribe(changed) ?? never(), [live]);
  return useSyncExternalStore(subscribe, () => live?.current, nothing);
}

/** @type {typeof import("./react.js").useDocument} */
export function useDocument(collection, id) {
  const docs = useQuery(id === null || id === undefined ? null : collection, { where: { id: id ?? "" } });
  return docs && (docs[0] ?? null);
}

/** @type {typeof import("./react.js").useSyncStatus} */
export function useSyncStatus(db) {
  const subscribe = useCallback((/** @type {() => void} */ changed) => db?.subscribe(changed) ?? never(), [db]);
  return useSyncExternalStore(subscribe, () => db?.status ?? NOTHING_YET, nothingYet);
}
