// @ts-check
// Texts as the UTF-8 bytes that the core reads and writes. Checks nothing.
//
// `encodeInto` is several times faster than `encode` in Chromium, and faster on many short texts than on one that is long.
// `decode` takes more than half a microsecond there for however little, which is longer than a short text takes by hand;
// Firefox took longer by hand (docs/storage.md).

const encoder = new TextEncoder();
/** Where what is short is written, and read by the core before anything else is. */
const scratch = new Uint8Array(16_384);
/** How many values are written as one text. */
const AT_ONCE = 100;
const [OPEN, COMMA] = [0x5b, 0x2c];
/**
 * Up to so many bytes a text is read by hand where it is ASCII. No other engine than Chromium's has `userAgentData`
 * (https://developer.mozilla.org/en-US/docs/Web/API/Navigator/userAgentData#browser_compatibility).
 */
const SHORT = "userAgentData" in (globalThis.navigator ?? {}) ? 512 : 0;
const LAST_ASCII = 0x7f;
/** How many characters are put together at once. */
const PART = 16;
/** How many bytes one decoder reads. One of Safari's fails for good at 2 GiB (https://bugs.webkit.org/show_bug.cgi?id=280593). */
const MOST_DECODED = 2 ** 30;

let decoder = new TextDecoder();
let decoded = 0;

/**
 * Bytes as a text.
 * @param {Uint8Array} bytes
 */
export function ofUtf8(bytes) {
  return (bytes.length <= SHORT ? ofAscii(bytes) : undefined) ?? decode(bytes);
}

/**
 * The text, where all of it is ASCII.
 * @param {Uint8Array} bytes
 */
function ofAscii(bytes) {
  const whole = bytes.length - (bytes.length % PART);
  let text = "";
  for (let at = 0; at < whole; at += PART) {
    const part = asciiPart(bytes, at);
    if (part === undefined) {
      return undefined;
    }
    text += part;
  }
  for (let at = whole; at < bytes.length; at += 1) {
    const code = /** @type {number} */ (bytes[at]);
    if (code > LAST_ASCII) {
      return undefined;
    }
    text += String.fromCharCode(code);
  }
  return text;
}

/**
 * `PART` characters, where all of them are ASCII. Written out: with `apply` it takes twice as long.
 * @param {any} bytes
 * @param {number} at
 * @returns {string | undefined}
 */
function asciiPart(bytes, at) {
  const a = bytes[at];
  const b = bytes[at + 1];
  const c = bytes[at + 2];
  const d = bytes[at + 3];
  const e = bytes[at + 4];
  const f = bytes[at + 5];
  const g = bytes[at + 6];
  const h = bytes[at + 7];
  const i = bytes[at + 8];
  const j = bytes[at + 9];
  const k = bytes[at + 10];
  const l = bytes[at + 11];
  const m = bytes[at + 12];
  const n = bytes[at + 13];
  const o = bytes[at + 14];
  const p = bytes[at + 15];
  const isAscii = (a | b | c | d | e | f | g | h | i | j | k | l | m | n | o | p) <= LAST_ASCII;
  return isAscii ? String.fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) : undefined;
}

/** @param {Uint8Array} bytes */
function decode(bytes) {
  decoded += bytes.length;
  if (decoded > MOST_DECODED) {
    decoder = new TextDecoder();
    decoded = bytes.length;
  }
  return decoder.decode(bytes);
}

/**
 * A text as bytes, good until the next call.
 * @param {string} text
 */
export function utf8(text) {
  const bytes = text.length * 3 <= scratch.length ? scratch : new Uint8Array(text.length * 3);
  return bytes.subarray(0, encoder.encodeInto(text, bytes).written);
}

/**
 * The JSON text of an array as bytes.
 * @param {readonly unknown[]} values
 * @param {(text: string, from: number, to: number) => void} [look] is shown the texts of the array's parts
 */
export function utf8Array(values, look = () => {}) {
  let bytes = new Uint8Array(0);
  let at = 0;
  for (let from = 0; from === 0 || from < values.length; from += AT_ONCE) {
    const part = values.slice(from, from + AT_ONCE);
    const text = JSON.stringify(part);
    look(text, from, from + part.length);
    bytes = withRoomFor(bytes, at, text.length * 3, values.length / AT_ONCE);
    const { written } = encoder.encodeInto(text, bytes.subarray(at));
    // Each part's closing bracket is where the next one's opening bracket is written, which becomes a comma.
    bytes[at] = from === 0 ? OPEN : COMMA;
    at += written - 1;
  }
  return bytes.subarray(0, at + 1);
}

/**
 * The same bytes, with room for so many more behind `at`.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number} at
 * @param {number} room
 * @param {number} parts
 */
function withRoomFor(bytes, at, room, parts) {
  if (at + room <= bytes.length) {
    return bytes;
  }
  // Parts are alike, and three bytes for each character are far more than most need.
  const larger = new Uint8Array(Math.max(at + room, bytes.length * 1.5, (room / 3) * (parts + 4)));
  larger.set(bytes.subarray(0, at));
  return larger;
}
