// What reached the CDP through the Worker against what the same client sends directly. In: a scenario and the
// Worker's variables. Out: a line `N passed, N failed` and the exit code.

import assert from "node:assert/strict";

import { startCdp, startWorker } from "./site.mjs";

/** Headers that make up a call. */
const HEADERS = [
  "accept",
  "accept-language",
  "content-type",
  "user-agent",
  "x-client-software-id",
  "x-library-version",
  "x-sc-correlation-id",
  "x-sitecore-contextid",
];

/** What runtimes add of their own; it is not compared. */
const OF_THE_RUNTIME = ["accept-encoding", "connection", "content-length", "host", "transfer-encoding"];

let passed = 0;
let failed = 0;

/** Runs one named check. */
export async function test(name, check) {
  try {
    await check();
    passed += 1;
  } catch (error) {
    failed += 1;
    console.error(`FAILED ${name}\n${error.stack}`);
  }
}

/** Prints the sums and ends the process. */
export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 && passed > 0 ? 0 : 1);
}

/** Drives `scenario(baseUrl)` directly and through the Worker; gives both results and both lists of requests. */
export async function bothWays(scenario, vars) {
  const cdp = await startCdp();
  const worker = await startWorker(cdp, typeof vars === "function" ? vars(cdp) : vars);
  try {
    const directResult = await scenario(cdp.url);
    const direct = cdp.requests.splice(0).map(comparable);
    const result = await scenario(worker.url);
    const through = cdp.requests.splice(0);
    through.forEach(assertNothingPrivate);
    assert.ok(direct.length > 0, "the client sent nothing");
    return { direct, directResult, result, through: through.map(comparable) };
  } finally {
    worker.stop();
    cdp.stop();
  }
}

/** Asserts that a request which came through the Worker has no other header: no cookie, credential, address, page. */
export function assertNothingPrivate({ url, headers }) {
  const others = Object.keys(headers).filter((name) => ![...HEADERS, ...OF_THE_RUNTIME].includes(name));
  assert.deepEqual(others, [], `headers at ${url}`);
}

/** What makes up a call: all but times, correlation ids and names of callbacks, which are new in every run. */
export function comparable({ method, url, headers, body }) {
  const known = HEADERS.filter((name) => headers[name]);
  const kept = Object.fromEntries(known.map((name) => [name, headers[name].replace(/^[0-9a-f]{32}$/, "32 digits")]));
  const text = body.replace(/"requested_at":"[^"]+"/, '"requested_at":"now"');
  return { method, url: url.replace(/callback=jsonp\d+/, "callback=jsonpN"), headers: kept, body: text };
}
