// @ts-check
/**
 * Web addresses: what was typed or came from another device, made one or refused.
 * Opens none.
 */

/**
 * A web address out of what was typed; null where it is none.
 * @param {string} text
 */
export function addressOf(text) {
  const typed = text.trim();
  if (!typed) return null;
  const url = parse(/^[a-z][a-z0-9+.-]*:/i.test(typed) && !/^[^/]+:\d/.test(typed) ? typed : `https://${typed}`);
  return url && (url.protocol === "https:" || url.protocol === "http:") ? url : null;
}

/** @param {string} text */
function parse(text) {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
