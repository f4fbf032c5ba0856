// The description of the endpoints, asked of the running Worker: schemathesis makes valid and invalid requests of every
// operation in openapi.json, and each answer must be one that is described. The CDP behind the Worker always answers.
// Needs .tools/schemathesis, which `cargo xtask test` sets up where there is a Python; else it is skipped.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { startWorker } from "../clients/lib/site.mjs";

const SKIPPED = 77;
const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const KEY = "k3y-of-xms-server";
const GUEST = "f7aabbca-1c1b-4fc2-be72-3e16294a4f03";

const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "unsupported_method",
  "allow_header_conformance",
  "ignored_auth",
  "missing_required_header",
  "negative_data_rejection",
];

const bin = process.platform === "win32" ? "Scripts/schemathesis.exe" : "bin/schemathesis";
const schemathesis = join(ROOT, ".tools/schemathesis", bin);
if (!existsSync(schemathesis)) {
  console.log("skipped: schemathesis is not installed (Python 3.10 or newer, with venv, was not found)");
  process.exit(SKIPPED);
}

/** What a CDP in good health answers. */
function answerTo(method, path) {
  const ok = { status: "OK", version: "1.2" };
  if (path.endsWith(".js")) return [200, "text/javascript", "void 0;"];
  if (path.endsWith("/cdn-url")) return [200, "text/plain", "https://flows.example/a.js"];
  if (path.endsWith("/show.json")) return [200, "application/json", { ...ok, customer: { ref: GUEST } }];
  if (path.endsWith("/create.json") || path.endsWith("/events")) return [201, "application/json", { ...ok, ref: GUEST }];
  if (!path.startsWith("/v2.1/guests")) return [200, "application/json", { variantId: "v1" }];
  const guest = { ref: GUEST, href: `https://api.example/v2.1/guests/${GUEST}` };
  if (method === "GET" && path === "/v2.1/guests") return [200, "application/json", { offset: 0, limit: 10, items: [guest] }];
  return [method === "POST" ? 201 : 200, "application/json", guest];
}

const cdp = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    const [status, type, body] = answerTo(request.method, request.url.split("?")[0]);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    response.writeHead(status, { "content-type": type }).end(text);
  });
});
await new Promise((done) => cdp.listen(0, "127.0.0.1", done));
const url = `http://127.0.0.1:${cdp.address().port}`;

const secrets = { XM_API_KEY: KEY, CDP_API_TOKEN: "t0ken-of-the-tenant", PREVIEW_KEY: "k3y-of-the-previews" };
const tag = { kind: "engage", library_url: `${url}/library.js` };
const worker = await startWorker({ url }, { ...secrets, WEB_FLOW_ENDPOINT: url }, { debug: true, tag });

const run = spawn(
  schemathesis,
  [
    "run",
    `${worker.url}/openapi.json`,
    ...["--url", worker.url],
    ...["--header", `Authorization: Bearer ${KEY}`],
    ...["--checks", CHECKS.join(",")],
    ...["--phases", "examples,coverage,fuzzing"],
    ...["--max-examples", "8"],
    ...["--seed", "1"],
    "--no-shrink",
    ...["--request-timeout", "10"],
    ...["--warnings", "off"],
  ],
  { stdio: ["ignore", "inherit", "inherit"], cwd: join(ROOT, ".tools") },
);
const code = await new Promise((done) => run.once("exit", (code) => done(code ?? 1)));
worker.stop();
cdp.close();
process.exit(code === 0 ? 0 : 1);
