// The stand-in's XM site and CDP as a process, and what tests ask of it. In: settings. Out: its state, and waits that end
// when something has arrived.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { HANG_LIMIT_MS } from "../../clients/lib/site.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** The client key that it knows. */
export const STAND_IN_KEY = "standin_client_key";

const POLL_MS = 20;

/** Builds and starts it. */
export async function startStandIn() {
  execFileSync("cargo", ["build", "--quiet", "--package", "standin"], { cwd: ROOT, stdio: "inherit" });
  const metadata = execFileSync("cargo", ["metadata", "--no-deps", "--format-version=1"], { cwd: ROOT, maxBuffer: 1e8 });
  const program = join(JSON.parse(metadata).target_directory, "debug/standin");
  const child = spawn(program, ["--xm", "127.0.0.1:0", "--cdp", "127.0.0.1:0", "--exit-with-stdin"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ready = await new Promise((done, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`the stand-in ended with ${code}`)));
    child.stdout.once("data", (line) => done(JSON.parse(line)));
  });
  child.removeAllListeners("exit");
  return new StandIn(ready, child);
}

class StandIn {
  #child;

  constructor({ xm, cdp }, child) {
    Object.assign(this, { xm, cdp });
    this.#child = child;
  }

  /** Replaces settings: `/faults`, `/latency`, `/site`, `/flows/{id}/force`. */
  put(path, body) {
    const headers = { "content-type": "application/json" };
    return this.#ask(path, { method: "PUT", headers, body: JSON.stringify(body) });
  }

  /** Everything back to the start. */
  async reset() {
    await this.#ask("/reset", { method: "POST" });
    await this.#ask("/received", { method: "DELETE" });
  }

  /** Browsers, guests, sessions and their events. */
  async state() {
    return (await this.#ask("/state")).json();
  }

  /** The events that were kept, in order of arrival, without those that the CDP writes itself when a flow runs. */
  async events() {
    const { events } = await this.state();
    return events.filter(({ type }) => type !== "TRACKING").sort((a, b) => a.createdAt - b.createdAt);
  }

  /** The requests to the CDP. */
  async received(filter = "") {
    return (await (await this.#ask(`/received?${filter}`)).json()).requests;
  }

  /** Waits until `enough` of what `look` gives is true, and gives it; at the hang limit it says what did not come. */
  async wait(what, look, enough) {
    const end = Date.now() + HANG_LIMIT_MS;
    for (;;) {
      const seen = await look();
      if (enough(seen)) return seen;
      assert.ok(Date.now() < end, `never happened: ${what}; seen: ${JSON.stringify(seen)}`);
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }

  stop() {
    this.#child.stdin.end();
  }

  async #ask(path, options) {
    const answer = await fetch(this.cdp + path, options);
    assert.ok(answer.ok, `${options?.method ?? "GET"} ${path}: ${answer.status} ${answer.ok ? "" : await answer.text()}`);
    return answer;
  }
}
