// @ts-check
/**
 * Puts errors into words for people, by their code.
 * Never decides by the text of a message.
 */
import { toast } from "./toast.js";

/** @type {{ [code: string]: string }} */
const WORDS = {
  "account-mismatch": "This device holds the data of another account. Sign in with that one, or erase this device in the settings first.",
  "closed": "The database was closed in another tab. Reload the page.",
  "conflict": "There is an account for this address already.",
  "forbidden": "This account may not do that.",
  "network": "The server cannot be reached. Everything is kept on this device.",
  "not-entitled": "Sync is not part of this account's plan.",
  "offline": "You are offline. Everything is kept on this device.",
  "pending-changes": "Some changes have not reached the server yet.",
  "quota-exceeded": "This device is out of storage: nothing was saved.",
  "rate-limited": "The server asks for a pause. It is tried again by itself.",
  "storage-unavailable": "This browser gives no storage to this page (a private window, perhaps).",
  "timeout": "The server did not answer in time. It is tried again by itself.",
  "unauthorized": "You are signed out.",
};

/**
 * A sentence for an error.
 * @param {unknown} error
 * @returns {string}
 */
export function sentence(error) {
  const code = codeOf(error);
  // A fetch that got no answer rejects with a TypeError.
  const words = WORDS[code ?? (error instanceof TypeError ? "network" : "")];
  if (words) return words;
  return error instanceof Error ? error.message : String(error);
}

/**
 * The code of an error, where it has one.
 * @param {unknown} error
 * @returns {string | undefined}
 */
export function codeOf(error) {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/**
 * Waits for something and shows what went wrong. Answers undefined then.
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T | undefined>}
 */
export async function shown(promise) {
  try {
    return await promise;
  } catch (error) {
    toast(sentence(error));
    return undefined;
  }
}

/**
 * Waits for a call whose arguments cannot be wrong, so that `invalid-argument` says it is not part of this version.
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<{ value: T } | { missing: true } | { error: unknown }>}
 */
export async function available(promise) {
  try {
    return { value: await promise };
  } catch (error) {
    return codeOf(error) === "invalid-argument" ? { missing: true } : { error };
  }
}
