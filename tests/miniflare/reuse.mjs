// Cloudflare's cache and KV, as Miniflare has them: an isolate that begins knows the decisions and the rollout of the one before.

import assert from "node:assert/strict";

import { newIsolate, serve, storage } from "./lib/isolate.mjs";

const JANE = "a38b230c-11eb-4cf9-8d5d-274e9f344925";
const JOAN = "b38b230c-11eb-4cf9-8d5d-274e9f344925";
const PAGE =
  '<html lang="en"><body><p data-cdp-experience="hero">D<template data-cdp-variant="b">for you</template></p></body></html>';

let flows = 0;
let works = true;
const site = await serve((request, response) => {
  const json = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (request.url === "/v2/callFlows") {
    flows += 1;
    json(works ? 200 : 500, { variantId: "b" });
  } else if (request.url.startsWith("/v1.2/")) {
    json(201, { status: "OK" });
  } else {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(PAGE);
  }
});
const { url } = site;
const { folder, remove } = storage();

/** A new isolate, with the cache and the KV of the one before. */
const start = (keys, { bindings, ...more } = {}) =>
  newIsolate(url, folder, { SITE: { decision_budget_ms: 10_000, ...keys }, ...bindings }, more);

async function visit(isolate, id) {
  const headers = { accept: "text/html", cookie: `bid_pqsTESTKEY=${id}`, "user-agent": "Mozilla/5.0 Chrome/131.0.0.0" };
  const response = await isolate.dispatchFetch("https://shop.example/", { headers });
  return (await response.text()).includes(">for you</p>");
}

/** Visits until what is kept in the background is there, each time in an isolate that remembers nothing. */
async function asked(keys, id) {
  for (let tries = 0; tries < 50; tries += 1) {
    const isolate = start(keys);
    const before = flows;
    assert.equal(await visit(isolate, id), true);
    await isolate.dispose();
    if (flows === before) return false;
  }
  return true;
}

let passed = 0;
try {
  const again = { reuse_decisions_s: 600 };
  const first = start(again);
  assert.equal(await visit(first, JANE), true);
  await first.dispose();
  assert.equal(await asked(again, JANE), false, "another isolate asked again");
  const before = flows;
  const other = start(again);
  assert.equal(await visit(other, JOAN), true);
  await other.dispose();
  assert.equal(flows, before + 1, "another visitor's decision was used");
  passed += 1;

  // With another secret nothing of it counts.
  const rekeyed = start(again, { bindings: { CDP_API_TOKEN: "token" } });
  assert.equal(await visit(rekeyed, JANE), true);
  await rekeyed.dispose();
  assert.equal(flows, before + 2);
  passed += 1;

  works = false;
  const failing = start({ reuse_on_failure_s: 600 });
  assert.equal(await visit(failing, JANE), true, "no last decision stood in");
  assert.equal(await visit(failing, "c38b230c-11eb-4cf9-8d5d-274e9f344925"), false);
  await failing.dispose();
  works = true;
  passed += 1;

  // The kill switch outlives a KV that is away.
  let seen;
  for (let tries = 0; tries < 50 && seen !== "cache"; tries += 1) {
    const switched = start({}, { kvNamespaces: ["CONFIG"] });
    const namespace = await switched.getKVNamespace("CONFIG");
    await namespace.put("rollout", '{"enabled": false}');
    assert.equal(await visit(switched, JANE), false);
    await switched.dispose();
    const away = start({}, { bindings: { CONFIG: { away: true } } });
    const asks = flows;
    assert.equal(await visit(away, JANE), false);
    assert.equal(flows, asks);
    const health = await (await away.dispatchFetch("https://shop.example/_cdp/health")).json();
    assert.equal(health.rollout.kv, "unreachable");
    assert.notEqual(health.rollout.enabled, true);
    seen = health.rollout.source;
    await away.dispose();
  }
  assert.equal(seen, "cache", "the last good one was not kept");
  passed += 1;
  console.log(`${passed} passed, 0 failed`);
} finally {
  site.close();
  remove();
}
