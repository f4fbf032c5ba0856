// Cloudflare's cache, as Miniflare has it: what an Idempotency-Key made is known to an isolate that did not make it.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const { Miniflare } = createRequire(join(ROOT, "node_modules/wrangler/package.json"))("miniflare");
const GUEST = "f7aabbca-1c1b-4fc2-be72-3e16294a4f03";

let created = 0;
const cdp = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    if (request.method === "POST") created += 1;
    response.writeHead(request.method === "POST" ? 201 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify({ ref: GUEST, firstName: "Jane" }));
  });
});
await new Promise((done) => cdp.listen(0, "127.0.0.1", done));
const url = `http://127.0.0.1:${cdp.address().port}`;

const folder = mkdtempSync(join(tmpdir(), "xm-edge-cache-"));
const date = /^compatibility_date\s*=\s*"([^"]+)"/m.exec(readFileSync(join(ROOT, "wrangler.toml"), "utf8"))[1];

/** A new isolate, with the cache of the one before. */
const start = () =>
  new Miniflare({
    rootPath: join(ROOT, "build"),
    modules: [
      { type: "ESModule", path: "index.js" },
      { type: "CompiledWasm", path: "index_bg.wasm" },
    ],
    compatibilityDate: date,
    host: "127.0.0.1",
    cf: false,
    cachePersist: folder,
    bindings: {
      XM_ORIGIN: url,
      CDP_ENDPOINT: url,
      CDP_CLIENT_KEY: "pqsTESTKEY",
      POINT_OF_SALE: "shop/ie",
      XM_API_KEY: "key",
      CDP_API_TOKEN: "token",
    },
  });

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
  rmSync(folder, { recursive: true, force: true });
}
