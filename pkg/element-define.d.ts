// The types of `syncline/element/define`, which is imported for its effect: it defines `<sync-status>`.
export { SyncStatusElement } from "./element.js";
