// Cloudflare's cache and KV, as Miniflare has them: an isolate that begins finds the templates of the one before, trusts nothing in
// the cache that is not one, and hears of purges.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { newIsolate, serve, storage } from "./lib/isolate.mjs";

const JANE = "a38b230c-11eb-4cf9-8d5d-274e9f344925";
const KEY = "0123456789abcdef0123456789abcdef-key";
const PAGE =
  '<html lang="en"><body><p data-cdp-experience="hero">D<template data-cdp-variant="b">for you</template></p></body></html>';

let renders = 0;
const site = await serve((request, response) => {
  if (request.url === "/v2/callFlows" || request.url.startsWith("/v1.2/")) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ status: "OK", variantId: "b" }));
  } else {
    renders += 1;
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "public, max-age=600",
      "x-render": String(renders),
    });
    response.end(PAGE);
  }
});
const { url } = site;
const { folder, remove } = storage();

/** A new isolate, with the cache and the KV of the one before. */
const start = ({ bindings, ...more } = {}) =>
  newIsolate(url, folder, { XM_API_KEY: KEY, SITE: { decision_budget_ms: 10_000 }, ...bindings }, more);

/** Visits, and tells how often XM rendered for it. */
async function visit(isolate, path = "/") {
  const before = renders;
  const headers = { accept: "text/html", cookie: `bid_pqsTESTKEY=${JANE}`, "user-agent": "Mozilla/5.0 Chrome/131.0.0.0" };
  const response = await isolate.dispatchFetch(`https://shop.example${path}`, { headers });
  const text = await response.text();
  assert.match(text, />for you<\/p>/);
  assert.equal(response.headers.get("cache-control"), "private, no-store");
  return renders - before;
}

async function purge(isolate, body) {
  const response = await isolate.dispatchFetch("https://shop.example/_cdp/purge", {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200, await response.text());
}

/** What is on disk: how many files, and when the last one was written. */
function stored() {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const written = files.map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return `${files.length} ${Math.max(0, ...written)}`;
}

/** Visits in isolates that remember nothing, until what is stored in the background is there. */
async function untilKept(more, path) {
  for (let tries = 0; tries < 50; tries += 1) {
    const isolate = start(more);
    const before = stored();
    const rendered = await visit(isolate, path);
    // The runtime is ended at once: what it stores behind the page must have come so far. A look into the cache alone touches its
    // files, so they must have rested for a while. Where that was too short, the next one tries.
    let last = before;
    for (let looks = 0, rested = 0; rendered > 0 && looks < 100 && rested < 20; looks += 1) {
      await setTimeout(10);
      const now = stored();
      rested = now === last && now !== before ? rested + 1 : 0;
      last = now;
    }
    await isolate.dispose();
    if (rendered === 0) return;
  }
  assert.fail("no isolate found the template of another");
}

/** Changes every template that Miniflare holds on disk; tells how many. */
function spoil(change) {
  let count = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath ?? entry.path, entry.name);
    if (!entry.isFile() || !file.includes("blobs")) continue;
    const bytes = readFileSync(file);
    if (!bytes.includes("for you")) continue;
    change(bytes);
    writeFileSync(file, bytes);
    count += 1;
  }
  return count;
}

let passed = 0;
try {
  await untilKept({}, "/");
  passed += 1;

  // Whatever stands in the cache under the template's name: changed by one bit, cut, or somebody else's.
  const changes = [
    ...[0, 20].map((at) => (bytes) => void (bytes[at] ^= 1)),
    (bytes) => void (bytes[bytes.length - 1] ^= 1),
    (bytes) => bytes.fill(0, bytes.length >> 1),
    (bytes) => bytes.fill(0x3c),
  ];
  for (const change of changes) {
    assert.ok(spoil(change) > 0, "there is no template in the cache");
    const other = start();
    assert.equal(await visit(other), 1, "a broken entry was trusted");
    await other.dispose();
    await untilKept({}, "/");
  }
  passed += 1;

  // A purge is heard of by isolates of the data centre that begin after it …
  const purging = start();
  assert.equal(await visit(purging), 0);
  await purge(purging, { paths: ["/"] });
  await purging.dispose();
  const after = start();
  assert.equal(await visit(after), 1, "a purged page was served");
  await after.dispose();
  passed += 1;

  // … and by all that read the same KV, whatever their own cache holds.
  const kv = { kvNamespaces: ["CONFIG"] };
  await untilKept(kv, "/kv");
  const away = { ...kv, cachePersist: `${folder}-elsewhere` };
  const elsewhere = start(away);
  await purge(elsewhere, { all: true });
  await elsewhere.dispose();
  const here = start(kv);
  assert.equal(await visit(here, "/kv"), 1, "KV's purge was not heard of");
  await here.dispose();
  passed += 1;

  // Another version of the configuration knows nothing of it.
  await untilKept({}, "/");
  const versioned = start({ bindings: { SITE: { decision_budget_ms: 10_000, cache_version: "2" } } });
  assert.equal(await visit(versioned), 1);
  await versioned.dispose();
  passed += 1;
  console.log(`${passed} passed, 0 failed`);
} finally {
  site.close();
  remove();
  rmSync(`${folder}-elsewhere`, { recursive: true, force: true });
}
