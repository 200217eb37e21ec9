// @ts-check
/**
 * The card of settings that says whose data this is, and leads to signing in and out.
 * Does neither itself.
 */
import { h } from "../dom.js";
import { card } from "./parts.js";

/** @param {import("./parts.js").App} app */
export function account({ database, askSignIn, signOut }) {
  const session = database.session();
  const email = h("b", { "data-testid": "account-email" }, session?.email);
  const signIn = (/** @type {string} */ text) =>
    h("button", { type: "button", class: "button primary", "data-testid": "settings-sign-in", onclick: askSignIn }, text);
  const leave = h("button", { type: "button", class: "button", "data-testid": "sign-out", onclick: signOut }, "Sign out");
  const close = () => {};
  if (!session) {
    return { close, element: card("Account",
      h("p", {}, database.isOptIn
        ? "Everything is on this device alone. With an account, what you choose to sync is on your other devices too."
        : "Everything is on this device alone. With an account it is on your other devices too; what is here already comes along."),
      h("div", { class: "actions" }, signIn("Sign in or create an account"))) };
  }
  if (!session.token) {
    return { close, element: card("Account",
      h("p", {}, "The session of ", email, " has ended. Nothing is lost: sign in again, and what waits is sent."),
      h("div", { class: "actions" }, signIn("Sign in again"), leave)) };
  }
  return { close, element: card("Account",
    h("p", {}, "Signed in as ", email),
    h("p", {}, database.isOptIn ? "What you choose to sync is on this device and on every other one you sign in on." : "Your data is on this device and on every other one you sign in on."),
    h("div", { class: "actions" }, leave)) };
}
