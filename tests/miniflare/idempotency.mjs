// Cloudflare's cache, as Miniflare has it: what an Idempotency-Key made is known to an isolate that did not make it.

import assert from "node:assert/strict";

import { newIsolate, serve, storage } from "./lib/isolate.mjs";

const GUEST = "f7aabbca-1c1b-4fc2-be72-3e16294a4f03";

let created = 0;
const cdp = await serve((request, response) => {
  if (request.method === "POST") created += 1;
  response.writeHead(request.method === "POST" ? 201 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify({ ref: GUEST, firstName: "Jane" }));
});
const { url } = cdp;
const { folder, remove } = storage();

/** A new isolate, with the cache of the one before. */
const start = () => newIsolate(url, folder, { XM_API_KEY: "key", CDP_API_TOKEN: "token" });

async function create(isolate, body) {
  const headers = { authorization: "Bearer key", "content-type": "application/json", "idempotency-key": "order-4711" };
  const response = await isolate.dispatchFetch("https://shop.example/_cdp/guests", { method: "POST", headers, body });
  return [response.status, response.headers.get("idempotency-replayed"), (await response.json()).ref];
}

try {
  const jane = JSON.stringify({ firstName: "Jane" });
  const first = start();
  assert.deepEqual(await create(first, jane), [201, null, GUEST]);
  await first.dispose();
  const second = start();
  assert.deepEqual(await create(second, jane), [201, "true", GUEST]);
  assert.deepEqual(await create(second, JSON.stringify({ firstName: "Joan" })), [422, null, undefined]);
  await second.dispose();
  assert.equal(created, 1);
  console.log("1 passed, 0 failed");
} finally {
  cdp.close();
  remove();
}
