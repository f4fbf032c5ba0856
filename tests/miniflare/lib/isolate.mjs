// What the scripts of this folder share: a site of their own, and isolates that begin with the cache and KV of the one before.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const { Miniflare } = createRequire(join(ROOT, "node_modules/wrangler/package.json"))("miniflare");
const DATE = /^compatibility_date\s*=\s*"([^"]+)"/m.exec(readFileSync(join(ROOT, "wrangler.toml"), "utf8"))[1];

/** A server that answers when a request has come whole. */
export async function serve(answer) {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => answer(request, response));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** Where Cloudflare's cache and KV are on disk; `remove` takes them away. */
export function storage() {
  const folder = mkdtempSync(join(tmpdir(), "xm-edge-miniflare-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * A new isolate; XM and the CDP are at `url`. `bindings` are added, `more` are other options of Miniflare for the Worker, `shared` those for
 * everything; `beside` are other Workers.
 */
export function newIsolate(url, folder, bindings, more = {}, shared = {}, beside = []) {
  const worker = {
    name: "xm-edge",
    modulesRoot: join(ROOT, "build"),
    modules: [
      { type: "ESModule", path: join(ROOT, "build/index.js") },
      { type: "CompiledWasm", path: join(ROOT, "build/index_bg.wasm") },
    ],
    compatibilityDate: DATE,
    ...more,
    bindings: {
      XM_ORIGIN: url,
      CDP_ENDPOINT: url,
      CDP_CLIENT_KEY: "pqsTESTKEY",
      POINT_OF_SALE: "shop/ie",
      ...bindings,
    },
  };
  return new Miniflare({ host: "127.0.0.1", cf: false, cachePersist: folder, kvPersist: folder, ...shared, workers: [worker, ...beside] });
}
