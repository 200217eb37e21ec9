// The types of `syncline/element/define`, which is imported for its effect: it defines `<sync-status>` and `<sync-inspector>`.
export { SyncInspectorElement, SyncStatusElement } from "./element.js";
