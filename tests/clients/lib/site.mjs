// A CDP that writes down what it is asked, and the built Worker in workerd in front of it. In: which of Sitecore's
// hosts the Worker knows. Out: base URLs and the requests that arrived. No account, no network beyond 127.0.0.1.

import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

export const CLIENT_KEY = "pqsTESTKEY0123456789abcdefABCDEF";
export const POINT_OF_SALE = "shop/ie";
export const CONTEXT_ID = "CTXID";
export const BROWSER_ID = "a38b230c-11eb-4cf9-8d5d-274e9f344925";
export const GUEST_REF = "f7aabbca-1c1b-4fc2-be72-3e16294a4f03";
/** The script of the tenant's web experiences. */
export const WEB_FLOWS = `/web-flow-libs/${CLIENT_KEY}/web-version.min.js`;

/** How long anything may take before a test calls it a hang. */
export const HANG_LIMIT_MS = 20_000;

/** Starts the CDP: the direct API, Sitecore's Edge and the host of scripts in one. `scripts`: what it has by path. */
export async function startCdp(scripts = {}) {
  const requests = [];
  const arrivals = new EventEmitter();
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      for (const [name, value] of Object.entries(crossOrigin(headers))) response.setHeader(name, value);
      // A browser's question before a call; it is no call.
      if (method === "OPTIONS") return response.writeHead(204).end();
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      arrivals.emit("request");
      const [status, type, answer] = answerTo(url, headers.host, scripts);
      response.writeHead(status, { "content-type": type }).end(answer);
    });
  });
  /** Waits for a request, at most until the hang limit. */
  const arrived = async (isIt) => {
    const signal = AbortSignal.timeout(HANG_LIMIT_MS);
    while (!requests.some(isIt)) await once(arrivals, "request", { signal });
  };
  return { ...(await listen(server)), requests, arrived };
}

/** Starts a server; gives its URL and port, and how to stop it. */
export async function listen(server) {
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, port, stop };
}

/** Every page may call, as Sitecore's hosts allow it. */
function crossOrigin(headers) {
  return {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": headers["access-control-request-headers"] ?? "",
    "access-control-allow-methods": "GET, POST",
  };
}

function answerTo(url, host, scripts) {
  const { pathname, searchParams } = new URL(url, `http://${host}`);
  if (scripts[pathname]) return [200, "text/javascript", scripts[pathname]];
  if (pathname === "/v1/personalize/cdn-url") return [200, "text/plain", `http://127.0.0.1:${host.split(":")[1]}${WEB_FLOWS}`];
  const [status, answer] = jsonTo(pathname);
  const callback = searchParams.get("callback");
  if (callback) return [status, "application/javascript", `${callback}(${JSON.stringify(answer)})`];
  return [status, "application/json", JSON.stringify(answer)];
}

function jsonTo(path) {
  const ok = { status: "OK", version: "1.2", client_key: CLIENT_KEY };
  if (path.endsWith("/browser/create.json")) return [201, { ...ok, ref: BROWSER_ID, customer_ref: GUEST_REF }];
  if (path.endsWith("/show.json")) return [200, { ...ok, customer: { ref: GUEST_REF } }];
  if (path.endsWith("/events") || path.endsWith("/event/create.json")) return [201, { ...ok, ref: "5d2f7c6e-1111-4222-8333-944455556666" }];
  if (path === "/v2/callFlows" || path === "/v1/personalize") return [200, { variantId: "v1" }];
  return [404, { status: "NOT_FOUND" }];
}

/** Starts the Worker in front of `cdp`; `vars` are added to its variables, `settings` to its SITE. */
export async function startWorker(cdp, vars = {}, settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), "xm-edge-clients-"));
  for (const file of ["index.js", "index_bg.wasm"]) {
    const built = join(ROOT, "build", file);
    if (!existsSync(built)) throw new Error(`${built} is missing: run \`cargo xtask build\``);
    copyFileSync(built, join(folder, file));
  }
  const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const date = /^compatibility_date\s*=\s*"([^"]+)"/m.exec(toml)[1];
  const flags = /^compatibility_flags\s*=\s*\[([^\]]*)\]/m.exec(toml)?.[1] ?? "";
  const texts = {
    XM_ORIGIN: cdp.url,
    CDP_ENDPOINT: cdp.url,
    CDP_CLIENT_KEY: CLIENT_KEY,
    POINT_OF_SALE,
    ...vars,
  };
  const site = JSON.stringify(JSON.stringify({ channel: "WEB", currency: "EUR", ...settings }));
  const bindings = Object.entries(texts).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`);
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "outside", network = (allow = ["public", "private"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed "index.js"), (name = "index_bg.wasm", wasm = embed "index_bg.wasm")],
  compatibilityDate = "${date}",
  compatibilityFlags = [${flags}],
  bindings = [(name = "SITE", json = ${site}), ${bindings.join(", ")}],
  globalOutbound = "outside",
);
`,
  );
  // The package's own file, not its launcher: ending that would leave the runtime behind.
  const require = createRequire(join(ROOT, "node_modules/wrangler/package.json"));
  const child = spawn(require("workerd").default, ["serve", "config.capnp", "--control-fd=1"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await new Promise((done, failed) => {
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`workerd ended with ${code}`)));
    let lines = "";
    child.stdout.on("data", (chunk) => {
      lines += chunk;
      const listening = /"event":"listen".*"port":(\d+)/.exec(lines);
      if (listening) done(Number(listening[1]));
    });
  });
  const stop = () => {
    child.removeAllListeners("exit");
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  // Also after a failed test: nobody else would end it.
  process.once("exit", stop);
  return { url: `http://127.0.0.1:${port}/_cdp`, port, stop };
}
