// @ts-check
// The one error class of the package. Makes errors of what the core rejects with; decides no codes.

/** @typedef {import("./index.js").ErrorCode} ErrorCode */
/** @typedef {import("./index.js").Json} Json */

export class SynclineError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message
   * @param {boolean} [retryable]
   * @param {Json} [details]
   */
  constructor(code, message, retryable = false, details = undefined) {
    super(message);
    this.name = "SynclineError";
    this.code = code;
    this.retryable = retryable;
    this.details = details;
  }
}

/**
 * What a caller gave is wrong.
 * @param {string} field
 * @param {string} wrong
 */
export function invalidArgument(field, wrong) {
  return new SynclineError("invalid-argument", `${field}: ${wrong}`, false, { field });
}

/**
 * A part of the API that is not there yet.
 * @param {string} name
 */
export function notBuilt(name) {
  return invalidArgument(name, "is not built yet");
}

/**
 * What the core rejected with, as an error; anything else is passed through.
 * @param {unknown} thrown
 * @returns {unknown}
 */
export function toError(thrown) {
  if (thrown instanceof Error || typeof thrown !== "object" || thrown === null || !("code" in thrown)) {
    return thrown;
  }
  const { code, message, retryable, details } = /** @type {{code: ErrorCode, message: string, retryable: boolean, details?: Json}} */ (thrown);
  return new SynclineError(code, message, retryable, details);
}
