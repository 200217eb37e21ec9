// @ts-check
/**
 * Says messages: fills them in, chooses plurals, and writes numbers, times and sizes as their language does.
 * Holds no text of its own.
 */
import { messages as english } from "./messages.js";

/** @typedef {import("./messages.js").Messages} Messages */
/** @typedef {{ readonly [name: string]: string | number }} Values */

const UNITS = /** @type {const} */ (["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"]);

export class Words {
  #messages;
  #locale;
  /** Formats are costly to make and used by the dozen. @type {Map<string, any>} */
  #formats = new Map();

  /**
   * @param {Messages} [messages] a whole set or a part of one; what it lacks is said in English
   * @param {string} [lang] the language of `messages` where they do not say it
   */
  constructor(messages = {}, lang = undefined) {
    this.#messages = /** @type {Messages} */ ({ ...english, ...messages });
    this.#locale = supported(messages.lang) ?? (Object.keys(messages).length > 0 ? supported(lang) : undefined) ?? "en";
  }

  /** The language, as a BCP 47 tag. */
  get locale() {
    return this.#locale;
  }

  /**
   * A message with its values; numbers are written as the language does. A key that no set has is said as it is.
   * @param {string} key
   * @param {Values} [values] `count` chooses among plurals
   */
  say(key, values = {}) {
    const message = this.#messages[key] ?? key;
    const text = typeof message === "string" ? message : message[this.#plural(Number(values.count))] ?? message.other ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => {
      const value = values[name];
      return value === undefined ? whole : typeof value === "number" ? this.number(value) : value;
    });
  }

  /** @param {string} key */
  has(key) {
    return Object.hasOwn(this.#messages, key);
  }

  /** @param {number} value */
  number(value) {
    return this.#format("number", (locale) => new Intl.NumberFormat(locale)).format(value);
  }

  /**
   * How long ago something was.
   * @param {number} then milliseconds since 1970
   * @param {number} now
   */
  ago(then, now) {
    const seconds = (now - then) / 1000;
    if (seconds < 45) return this.say("just-now");
    const format = this.#format("ago", (locale) => new Intl.RelativeTimeFormat(locale, { style: "short" }));
    if (seconds < 3570) return format.format(-Math.max(1, Math.round(seconds / 60)), "minute");
    if (seconds < 84_600) return format.format(-Math.round(seconds / 3600), "hour");
    return format.format(-Math.round(seconds / 86_400), "day");
  }

  /**
   * A moment: its time of day, and its day where that is another one.
   * @param {number} at milliseconds since 1970
   * @param {number} now
   */
  moment(at, now) {
    const isToday = new Date(at).toDateString() === new Date(now).toDateString();
    const [name, style] = isToday
      ? ["time", /** @type {const} */ ({ timeStyle: "medium" })]
      : ["moment", /** @type {const} */ ({ dateStyle: "medium", timeStyle: "short" })];
    return this.#format(name, (locale) => new Intl.DateTimeFormat(locale, style)).format(at);
  }

  /** @param {number} milliseconds */
  duration(milliseconds) {
    const [value, unit] = milliseconds < 1000 ? [milliseconds, "millisecond"] : [milliseconds / 1000, "second"];
    const digits = value < 10 ? 1 : 0;
    return this.#format(`${unit} ${digits}`, (locale) =>
      new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits })).format(value);
  }

  /** @param {number} count of bytes */
  bytes(count) {
    const power = Math.min(UNITS.length - 1, count < 1 ? 0 : Math.floor(Math.log10(count) / 3));
    const unit = UNITS[power] ?? "byte";
    return this.#format(unit, (locale) =>
      new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: power < 2 ? 0 : 1 })).format(count / 1000 ** power);
  }

  /** @param {number} count */
  #plural(count) {
    return this.#format("plural", (locale) => new Intl.PluralRules(locale)).select(count);
  }

  /**
   * @template T
   * @param {string} name
   * @param {(locale: string) => T} make
   * @returns {T}
   */
  #format(name, make) {
    const kept = this.#formats.get(name) ?? make(this.#locale);
    this.#formats.set(name, kept);
    return kept;
  }
}

/** What an element says that was given no messages. */
export const ENGLISH = new Words();

/**
 * A language that this engine can write numbers in; undefined for a malformed tag.
 * @param {unknown} lang
 */
function supported(lang) {
  try {
    return typeof lang === "string" && lang !== "" ? Intl.getCanonicalLocales(lang)[0] : undefined;
  } catch {
    return undefined;
  }
}
