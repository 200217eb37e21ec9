// @ts-check
/**
 * The card of settings that shows how much waits and, in the package's inspector, everything about it.
 * Sends nothing itself.
 */
import { h, write } from "../dom.js";
import { card } from "./parts.js";

/** @param {import("./parts.js").App} app */
export function inspector({ client }) {
  const count = h("b", { "data-testid": "pending-count" }, "0");
  const element = h("sync-inspector", { id: "inspector", "data-testid": "inspector" });
  element.client = client;
  const stop = client.subscribe((status) => write(count, status.pending.toLocaleString("en")));
  return {
    element: card("Inspector", h("p", {}, count, " changes on this device have not been sent yet. They are safe: closing the page loses none."), element),
    close: () => {
      stop();
      element.client = null;
    },
  };
}
