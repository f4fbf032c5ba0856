// What reached the CDP through the Worker against what the same client sends directly. In: a scenario and the
// Worker's variables. Out: a line `N passed, N failed` and the exit code.

import assert from "node:assert/strict";

import { startCdp, startWorker } from "./site.mjs";

/** Headers that make up a call; what runtimes add of their own (connection, coding) is not compared. */
const HEADERS = [
  "content-type",
  "user-agent",
  "x-client-software-id",
  "x-library-version",
  "x-sitecore-contextid",
];

/** Never at the CDP, whoever sent it. */
const PRIVATE = ["authorization", "cookie", "forwarded", "origin", "referer", "x-forwarded-for"];

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

/**
 * Drives `scenario(baseUrl)` directly and through the Worker; gives both results and both lists of requests.
 * Times and correlation ids are taken out: they are new in every run.
 */
export async function bothWays(scenario, vars) {
  const cdp = await startCdp();
  const worker = await startWorker(cdp, typeof vars === "function" ? vars(cdp) : vars);
  try {
    const directResult = await scenario(cdp.url);
    const direct = cdp.requests.splice(0).map(comparable);
    const result = await scenario(worker.url);
    const through = cdp.requests.splice(0);
    for (const { url, headers } of through) {
      for (const name of PRIVATE) assert.equal(headers[name], undefined, `${name} at ${url}`);
    }
    assert.ok(direct.length > 0, "the client sent nothing");
    return { direct, directResult, result, through: through.map(comparable) };
  } finally {
    worker.stop();
    cdp.stop();
  }
}

function comparable({ method, url, headers, body }) {
  const kept = Object.fromEntries(HEADERS.filter((name) => headers[name]).map((name) => [name, headers[name]]));
  const text = body.replace(/"requested_at":"[^"]+"/, '"requested_at":"now"');
  return { method, url, headers: kept, body: text };
}
