// @ts-check
/**
 * The form that signs in: one dialog for logging in and for creating an account.
 * What a session opens is the caller's to do.
 */
import { fill, h, write } from "./dom.js";
import { icon } from "./icons.js";
import { sentence } from "./problem.js";
import { authenticate } from "./session.js";

/** @typedef {import("./session.js").Session} Session */

const TEXT = {
  register: { title: "Create an account", submit: "Create account", note: "What is on this device already comes along.", other: "I have an account", password: "new-password" },
  login: { title: "Log in", submit: "Log in", note: "What is on this device already is added to your account.", other: "Create an account", password: "current-password" },
};

/**
 * The fields and their buttons. `signedIn` is called with the session; what it throws is shown.
 * @param {() => string} url Where the server is.
 * @param {(session: Session) => Promise<void>} signedIn
 * @param {string} [promise] What becomes of what is on the device already, where it is not that it comes along.
 */
export function signInForm(url, signedIn, promise) {
  /** @type {keyof typeof TEXT} */
  let action = "register";
  const title = h("h2", { id: "sign-in-title" });
  const note = h("p", { class: "note" });
  const email = h("input", { class: "field", type: "email", required: true, autocomplete: "username", "data-testid": "email" });
  const password = h("input", { class: "field", type: "password", required: true, minlength: 8, "data-testid": "password" });
  const problem = h("p", { class: "problem", role: "alert", "data-testid": "sign-in-problem" });
  const submit = h("button", { type: "submit", class: "button primary", "data-testid": "sign-in-submit" });
  const other = h("button", { type: "button", class: "button plain", "data-testid": "sign-in-other", onclick: () => turn(action === "login" ? "register" : "login") });
  const form = h("form", { class: "stack", "data-testid": "sign-in-form", onsubmit: run },
    h("div", {}, title, note),
    h("label", {}, "Email", email),
    h("label", {}, "Password", password, h("small", { class: "note" }, "At least 8 characters")),
    problem, h("div", { class: "actions" }, submit, other));

  /** @param {keyof typeof TEXT} next */
  function turn(next) {
    action = next;
    write(title, TEXT[next].title);
    write(note, promise ?? TEXT[next].note);
    write(submit, TEXT[next].submit);
    write(other, TEXT[next].other);
    write(problem, "");
    password.setAttribute("autocomplete", TEXT[next].password);
  }

  /** @param {SubmitEvent} event */
  async function run(event) {
    event.preventDefault();
    submit.disabled = true;
    write(problem, "");
    try {
      await signedIn(await authenticate(url(), action, email.value.trim().toLowerCase(), password.value));
      form.reset();
    } catch (error) {
      write(problem, action === "login" && error instanceof Error && "code" in error && error.code === "unauthorized"
        ? "The email or the password is wrong." : sentence(error));
    }
    submit.disabled = false;
  }

  turn(action);
  return { element: form, email, turn };
}

/**
 * The form in a dialog.
 * @param {(session: Session) => Promise<void>} signedIn
 * @param {string} [proposed] The server to propose to an app that may use any. Left out: the server that the page is from.
 */
export function signInDialog(signedIn, proposed) {
  const server = proposed === undefined ? null : h("input", { class: "field", type: "url", required: true, value: proposed, "data-testid": "server-url" });
  const form = signInForm(() => server?.value.trim().replace(/\/+$/, "") ?? location.origin, async (session) => {
    await signedIn(session);
    dialog.close();
  }, server ? "Nothing leaves this device but what you choose to sync." : undefined);
  if (server) form.element.children[0]?.after(h("label", {}, "Server", server));
  const cancel = h("button", { type: "button", class: "icon-button close", "aria-label": "Close", "data-testid": "sign-in-cancel", onclick: () => dialog.close() }, icon("close"));
  const dialog = h("dialog", { "aria-labelledby": "sign-in-title", "data-testid": "sign-in-dialog" });
  fill(dialog, form.element, cancel);
  document.body.append(dialog);
  return {
    /** @param {Session | null} last Of the account that was signed in last. */
    ask(last) {
      if (last) {
        form.email.value = last.email;
        if (server) server.value = last.url;
        form.turn("login");
      }
      dialog.showModal();
      form.email.focus();
    },
  };
}

/**
 * Asks before something is lost. Resolves to whether it may go on.
 * @param {string} question
 * @param {string} yes
 * @returns {Promise<boolean>}
 */
export function confirmed(question, yes) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-label": question, "data-testid": "confirm", onclose: () => { dialog.remove(); resolve(dialog.returnValue === "yes"); } },
      h("form", { method: "dialog", class: "stack" }, h("p", {}, question), h("div", { class: "actions" },
        h("button", { class: "button danger", value: "yes", "data-testid": "confirm-yes" }, yes),
        h("button", { class: "button", value: "no", autofocus: true, "data-testid": "confirm-no" }, "Cancel"))));
    document.body.append(dialog);
    dialog.showModal();
  });
}
