// The queue of wrangler dev, as wrangler.toml binds it: what a page sends is stored, delivered, and delivered again after a
// failure. In: the built Worker, wrangler's own emulation of Queues. Out: a line `N passed, N failed`.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { finish, test } from "../clients/lib/compare.mjs";

process.env.WRANGLER_SEND_METRICS = "false";
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";
const { unstable_startWorker: startWorker } = await import("wrangler");

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
/** How long anything may take before it is called a hang. Nothing is measured against it. */
const HANG_LIMIT_MS = 60_000;
const VISITOR = "a38b230c-11eb-4cf9-8d5d-274e9f344925";

/** A CDP that refuses the first `failures` events and takes the others. */
async function startCdp(failures) {
  const events = [];
  const waiting = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      events.push(Buffer.concat(chunks).toString());
      response.writeHead(events.length > failures ? 201 : 503, { "content-type": "application/json" }).end('{"status":"OK"}');
      for (const wake of waiting.splice(0)) wake();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  /** Resolves with the bodies of the first `count` events. */
  const received = async (count) => {
    const late = new Promise((_, fail) => setTimeout(fail, HANG_LIMIT_MS, new Error(`${events.length} of ${count} events came`)).unref());
    while (events.length < count) await Promise.race([new Promise((wake) => waiting.push(wake)), late]);
    return events.slice(0, count);
  };
  return { url: `http://127.0.0.1:${server.address().port}`, received, stop: () => server.close() };
}

/** wrangler dev with the project's own wrangler.toml, but for the build command and the addresses of XM and the CDP. */
async function startDev(cdp) {
  const folder = mkdtempSync(join(tmpdir(), "xm-edge-wrangler-"));
  mkdirSync(join(folder, "build"));
  for (const file of ["index.js", "index_bg.wasm"]) copyFileSync(join(ROOT, "build", file), join(folder, "build", file));
  const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8")
    .replace(/^\[build\][^[]*(?:\[[^\]]*\]\n)?/m, "")
    .replace(/http:\/\/127\.0\.0\.1:808[12]/g, cdp.url);
  const config = join(folder, "wrangler.toml");
  writeFileSync(config, toml);
  const worker = await startWorker({
    config,
    dev: { inspector: false, logLevel: "error", persist: false, server: { hostname: "127.0.0.1", port: 0 }, watch: false },
  });
  await worker.ready;
  const stop = async () => {
    await worker.dispose();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: (await worker.url).origin, stop };
}

/** What a page of the site sends. */
function tell(site, event) {
  const headers = {
    "content-type": "application/json",
    cookie: `bid_standin_client_key=${VISITOR}`,
    origin: site,
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  };
  return fetch(`${site}/_cdp/event`, { method: "POST", headers, body: JSON.stringify(event) });
}

await test("an accepted event is delivered, and again after a failure, byte for byte", async () => {
  const cdp = await startCdp(1);
  const dev = await startDev(cdp);
  try {
    const answer = await tell(dev.url, { type: "SIGNUP", ext: { plan: "gold" } });
    assert.equal(answer.status, 202, await answer.text());
    const [refused, taken] = await cdp.received(2);
    assert.equal(taken, refused);
    const event = JSON.parse(taken);
    assert.deepEqual([event.type, event.browser_id, event.ext], ["SIGNUP", VISITOR, { plan: "gold" }]);
  } finally {
    await dev.stop();
    cdp.stop();
  }
});

finish();
