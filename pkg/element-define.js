// @ts-check
/**
 * Defines `<sync-status>` and `<sync-inspector>` when imported, once however often it is.
 * Holds nothing of the elements themselves.
 */
import { SyncInspectorElement, SyncStatusElement } from "./element.js";

export { SyncInspectorElement, SyncStatusElement };

const registry = globalThis.customElements;
if (registry && !registry.get("sync-status")) registry.define("sync-status", SyncStatusElement);
if (registry && !registry.get("sync-inspector")) registry.define("sync-inspector", SyncInspectorElement);
