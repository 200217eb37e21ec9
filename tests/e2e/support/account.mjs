// @ts-check
// A user of the server, seen from outside any device: registers, and reads what the server has. Uses no package.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

/** @typedef {{ id: string, version: number, data: any }} ServerRecord */

/**
 * @param {string} url
 * @param {object} body
 * @param {string} [token]
 * @returns {Promise<any>}
 */
async function post(url, body, token) {
  const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  assert.equal(response.status, 200, `POST ${url}: ${response.status}`);
  return response.json();
}

export class Account {
  /**
   * @param {string} url
   * @param {string} email
   * @param {string} password
   * @param {string} token
   */
  constructor(url, email, password, token) {
    this.url = url;
    this.email = email;
    this.password = password;
    this.token = token;
  }

  /**
   * Registers a new user.
   * @param {string} url
   */
  static async register(url) {
    const [email, password] = [`${randomUUID()}@example.org`, randomUUID()];
    const { token } = await post(`${url}/v1/auth/register`, { email, password });
    return new Account(url, email, password, token);
  }

  /**
   * What the server hands out from nothing, page by page: every time a record is handed out, in that order.
   * @param {string} collection
   * @returns {Promise<ServerRecord[]>}
   */
  async records(collection) {
    /** @type {ServerRecord[]} */
    const found = [];
    let cursor = null;
    for (;;) {
      const answer = await post(`${this.url}/v1/pull`, { collections: { [collection]: { cursor } }, limit: 1000 }, this.token);
      const page = answer.collections[collection];
      found.push(...page.records);
      cursor = page.cursor;
      if (!page.more) return found;
    }
  }

  /**
   * What the server has of one record.
   * @param {string} collection
   * @param {string} id
   */
  async record(collection, id) {
    return (await this.records(collection)).find((record) => record.id === id);
  }

  /**
   * Pushes changes as a device.
   * @param {string} device
   * @param {readonly object[]} changes
   */
  async push(device, changes) {
    return (await post(`${this.url}/v1/push`, { device, changes }, this.token)).results;
  }
}
