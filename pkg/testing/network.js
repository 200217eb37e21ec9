// @ts-check
// A network that does what a test says: the next requests fail, lose their answers, take their time. Knows no server.

import { invalidArgument } from "../errors.js";
import { Response, problem } from "./http.js";

/** @typedef {import("./http.js").Request} Request */
/** @typedef {(request: Request) => import("./http.js").Answer} Server */
/** @typedef {{path: string | undefined, left: number, pass: (request: Request, ask: () => Response) => Response}} Fault */

/** The error codes of the protocol by their statuses, where a test names none. */
const CODES = new Map([
  [400, "invalid-request"], [401, "unauthorized"], [402, "not-entitled"], [403, "forbidden"], [404, "not-found"], [409, "conflict"],
  [413, "too-large"], [422, "invalid-document"], [426, "upgrade-required"], [429, "rate-limited"], [500, "server"], [503, "unavailable"],
]);

export class Network {
  isOnline = true;
  #delay = 0;
  /** @type {Fault[]} */
  #faults = [];
  #changed;

  /** @param {() => void} changed hears that it went off or on */
  constructor(changed) {
    this.#changed = changed;
  }

  offline() {
    this.isOnline = false;
    this.#changed();
  }

  online() {
    this.isOnline = true;
    this.#changed();
  }

  /**
   * @param {number} status
   * @param {{retryAfter?: number, code?: string, times?: number, to?: "push" | "pull"}} [options]
   */
  failNext(status, { retryAfter, code = CODES.get(status) ?? (status < 500 ? "invalid-request" : "server"), times = 1, to } = {}) {
    if (!(Number.isInteger(status) && status >= 400 && status < 600)) {
      throw invalidArgument("status", "must be an HTTP status from 400 to 599");
    }
    const answer = problem(status, code, "The test says so");
    if (retryAfter !== undefined) answer.headers = { ...answer.headers, "retry-after": String(retryAfter) };
    this.#add(to, times, () => new Response(answer));
  }

  /** @param {{times?: number, to?: "push" | "pull"}} [options] */
  dropNext({ times = 1, to } = {}) {
    this.#add(to, times, () => {
      throw lost();
    });
  }

  /** @param {{times?: number, to?: "push" | "pull"}} [options] */
  loseNextAnswer({ times = 1, to = "push" } = {}) {
    this.#add(to, times, (_request, ask) => {
      ask();
      throw lost();
    });
  }

  /** @param {number} milliseconds */
  delay(milliseconds) {
    if (!(Number.isFinite(milliseconds) && milliseconds >= 0)) {
      throw invalidArgument("milliseconds", "must be a number, 0 or more");
    }
    this.#delay = milliseconds;
  }

  /** How long an answer takes, in milliseconds. */
  get latency() {
    return this.#delay;
  }

  /**
   * Lets a request through, or does to it what the test said.
   * @param {Request} request
   * @param {() => Response} ask
   */
  pass(request, ask) {
    if (!this.isOnline) throw lost();
    const fault = this.#faults.find(({ path }) => path === undefined || request.url.endsWith(path));
    if (fault === undefined) return ask();
    fault.left -= 1;
    if (fault.left <= 0) this.#faults = this.#faults.filter((other) => other !== fault);
    return fault.pass(request, ask);
  }

  /**
   * @param {"push" | "pull" | undefined} to
   * @param {number} times
   * @param {Fault["pass"]} pass
   */
  #add(to, times, pass) {
    this.#faults.push({ path: to && `/v1/${to}`, left: times, pass });
  }
}

function lost() {
  return new TypeError("Failed to fetch");
}
