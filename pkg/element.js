// @ts-check
/**
 * The entry of the elements' classes: `<sync-status>` and `<sync-inspector>`.
 * Defines neither (`element-define.js` does), so that whoever imports one carries nothing of the other.
 */
export { SyncInspectorElement } from "./element/inspector.js";
export { messages } from "./element/messages.js";
export { label } from "./element/status-text.js";
export { SyncStatusElement } from "./element/status.js";
export { wayOut } from "./element/way-out.js";
