// The types of `syncline/react`.
import type { Collection, Document, Query, Status, Syncline } from "./index.js";

/**
 * The documents that answer a query, current as long as the component is mounted: undefined until first answered, then the same
 * array until the answer changes. Queries that say the same share one live query, whatever objects they are written in.
 * A collection of null or undefined (no database yet) answers undefined, and so does a server.
 */
export function useQuery<D extends Document>(collection: Collection<D> | null | undefined, query?: Query<D>): readonly D[] | undefined;

/** One document, current: undefined until first read, null where there is none. An id of null or undefined asks for nothing. */
export function useDocument<D extends Document>(collection: Collection<D> | null | undefined, id: string | null | undefined): D | null | undefined;

/** Where sync stands. Without a database, and on a server, `disabled`. */
export function useSyncStatus(db: Pick<Syncline<any>, "status" | "subscribe"> | null | undefined): Status;
