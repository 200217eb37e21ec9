// @ts-check
/**
 * The section that signs the extension in to a server and out of it.
 * The background notices a new session by itself.
 */
import { fill, h } from "../js/dom.js";
import { sentence } from "../js/problem.js";
import { confirmed, signInForm } from "../js/sign-in.js";
import { toast } from "../js/toast.js";
import { session } from "./database.js";
import { ask } from "./todos.js";

const SERVER = "http://localhost:8787";

/**
 * @param {HTMLElement} place
 * @param {import("./database.js").Client} client
 */
export async function showAccount(place, client) {
  const kept = await session.read();
  if (kept) fill(place, ...signedIn(kept, place, client));
  else fill(place, ...signedOut(place, client));
}

/**
 * @param {HTMLElement} place
 * @param {import("./database.js").Client} client
 */
function signedOut(place, client) {
  const server = h("input", { class: "field", type: "url", required: true, value: SERVER, "data-testid": "server-url" });
  const form = signInForm(() => server.value.trim().replace(/\/+$/, ""), async (next) => {
    await session.write(next);
    // Opened for another account, this rejects, and the session goes again.
    await ask("sync").catch(async (error) => {
      await session.write(null);
      throw error;
    });
    await showAccount(place, client);
  });
  form.element.prepend(h("label", {}, "Server", server));
  return [form.element];
}

/**
 * @param {import("../js/session.js").Session} kept
 * @param {HTMLElement} place
 * @param {import("./database.js").Client} client
 */
function signedIn(kept, place, client) {
  async function signOut() {
    const { pending } = client.status;
    if (pending > 0 && !await confirmed(`${pending} changes have not been sent yet and would be lost. Sign out all the same?`, "Sign out")) return;
    try {
      await client.close();
      await ask("sign-out");
      location.reload();
    } catch (error) {
      toast(sentence(error));
    }
  }
  return [h("p", {}, "Signed in as ", h("b", { "data-testid": "account-email" }, kept.email), ` at ${kept.url}.`),
    h("div", { class: "actions" }, h("button", { type: "button", class: "button", "data-testid": "sign-out", onclick: signOut }, "Sign out"))];
}
