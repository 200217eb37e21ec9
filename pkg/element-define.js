// @ts-check
/**
 * Defines `<sync-status>` when imported, once however often it is.
 * Holds nothing of the element itself.
 */
import { SyncStatusElement } from "./element.js";

export { SyncStatusElement };

const registry = globalThis.customElements;
if (registry && !registry.get("sync-status")) registry.define("sync-status", SyncStatusElement);
