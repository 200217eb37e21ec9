// @ts-check
// `Request`, `Response` and the time they take, as far as the wasm-bindgen glue uses them. Knows no server.

/** What an answer is made of. @typedef {{status: number, headers?: Record<string, string>, body?: unknown}} Answer */

export class Request {
  /**
   * @param {string} url
   * @param {{method?: string, headers?: Headers, body?: Uint8Array, signal?: AbortSignal}} [init]
   */
  constructor(url, init = {}) {
    this.url = url;
    this.method = init.method ?? "GET";
    this.headers = new Headers(init.headers);
    this.body = init.body;
    this.signal = init.signal;
  }

  /** The body, read as JSON. */
  json() {
    return JSON.parse(new TextDecoder().decode(this.body));
  }
}

export class Response {
  /** @param {Answer} answer */
  constructor({ status, headers, body }) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.headers = new Headers(headers);
    this.bytes = new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body));
  }

  async arrayBuffer() {
    return this.bytes.buffer;
  }
}

/**
 * An error as the protocol words it.
 * @param {number} status
 * @param {string} code
 * @param {string} title
 * @param {Record<string, string>} [fields]
 * @returns {Answer}
 */
export function problem(status, code, title, fields = {}) {
  return { status, headers: { "content-type": "application/problem+json" }, body: { type: "about:blank", title, status, code, fields } };
}
