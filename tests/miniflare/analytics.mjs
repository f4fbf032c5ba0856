// A dataset of Workers Analytics Engine, bound as `ANALYTICS`: each line of the log is a row in it, within what the platform takes, and a
// dataset that fails costs the visitor nothing.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";

import { newIsolate, serve, storage } from "./lib/isolate.mjs";

const JANE = "a38b230c-11eb-4cf9-8d5d-274e9f344925";
const PAGE =
  '<html lang="en"><body><p data-cdp-experience="hero">D<template data-cdp-variant="b">for you</template></p>' +
  '<p data-cdp-experience="news">Later</p></body></html>';
/** What stands in for the platform's side of the binding: it tells what it was given, or fails. */
const DATASET = `
  export default (env) => ({
    writeDataPoint(...given) {
      console.log(JSON.stringify({ row: given }));
      if (env.FAILS) throw new TypeError("writeDataPoint(): too much");
    },
  });`;

const site = await serve((request, response) => {
  if (request.url === "/v2/callFlows") {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ status: "OK", variantId: "b" }));
  } else if (request.url.startsWith("/v1.2/")) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ status: "OK", ref: JANE }));
  } else if (request.url === "/feed") {
    response.writeHead(200, { "content-type": "text/xml" });
    response.end("<feed/>");
  } else {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(PAGE);
  }
});
const { url } = site;
const { folder, remove } = storage();

/** So long a line may be awaited before the test has failed. */
const PATIENCE_MS = 20_000;

/** What was logged, in order; `next` waits for the next line that `find` finds something in. */
function journal() {
  const lines = [];
  const waiting = [];
  const look = () => {
    for (const wait of [...waiting]) {
      const at = lines.findIndex((line) => wait.find(line) !== undefined);
      if (at < 0) continue;
      waiting.splice(waiting.indexOf(wait), 1);
      wait.found(wait.find(lines.splice(at, 1)[0]));
    }
  };
  return {
    read(stream) {
      createInterface({ input: stream }).on("line", (line) => {
        try {
          lines.push(JSON.parse(line));
        } catch {
          return;
        }
        look();
      });
    },
    next: (find) => new Promise((found, fail) => {
      const patience = setTimeout(() => fail(new Error(`no such line: ${find}`)), PATIENCE_MS);
      waiting.push({ find, found: (it) => { clearTimeout(patience); found(it); } });
      look();
    }),
  };
}

/** An isolate with a dataset, and its journal. */
function start(bindings = {}) {
  const log = journal();
  const recorder = { name: "dataset", modules: true, script: DATASET, bindings };
  const shared = { handleRuntimeStdio: (stdout) => log.read(stdout) };
  const more = { wrappedBindings: { ANALYTICS: { scriptName: "dataset" } } };
  const settings = { SITE: { decision_budget_ms: 10_000, consent: { mode: "always" } } };
  return { log, isolate: newIsolate(url, folder, settings, more, shared, [recorder]) };
}

async function visit(isolate, path) {
  const headers = { accept: "text/html", cookie: `bid_pqsTESTKEY=${JANE}`, "user-agent": "Mozilla/5.0 Chrome/131.0.0.0" };
  const response = await isolate.dispatchFetch(`https://shop.example${path}`, { headers });
  return [response.status, await response.text()];
}

const rowOf = (line) => line.row;
const lineOf = (line) => (line.message === "xm-edge" && line.route ? line : undefined);

/** A row as the platform takes it: one argument, an index of 96 bytes, 20 blobs of 16 KB in all, 20 doubles. */
function taken(row) {
  assert.equal(row.length, 1);
  const [{ indexes, blobs, doubles, ...other }] = row;
  assert.deepEqual(other, {});
  assert.ok(indexes.length === 1 && Buffer.byteLength(indexes[0]) <= 96, indexes);
  assert.ok(blobs.length <= 20 && Buffer.byteLength(blobs.join("")) <= 16_384, blobs);
  assert.ok(doubles.length <= 20 && doubles.every(Number.isFinite), doubles);
  assert.ok(!JSON.stringify(row).includes(JANE), "an id in a row");
  return { index: indexes[0], blobs, doubles };
}

const tests = {
  async "a page and a request that was left alone are a row each, with what their lines say"() {
    const { log, isolate } = start();
    try {
      assert.match((await visit(isolate, "/"))[1], />for you<\/p>/);
      const line = await log.next(lineOf);
      const page = taken(await log.next(rowOf));
      assert.equal(page.index, "page");
      assert.deepEqual(page.blobs.slice(0, 6), ["page", "human", line.template ?? "", "known", "complete", line.view]);
      assert.equal(page.blobs[8], "hero=variant news=control");
      assert.deepEqual(page.doubles.slice(0, 8), [line.ms, 200, line.origin.ms, line.held_ms ?? 0, 2, 1, 1, 0]);

      await visit(isolate, "/feed");
      const feed = taken(await log.next(rowOf));
      assert.deepEqual([feed.index, feed.blobs[0], feed.doubles[1]], ["not_html", "not_html", 200]);
    } finally {
      await isolate.dispose();
    }
  },
  async "a dataset that fails costs neither the page nor its line"() {
    const { log, isolate } = start({ FAILS: "yes" });
    try {
      for (let visits = 0; visits < 2; visits += 1) {
        const [status, text] = await visit(isolate, "/");
        assert.equal(status, 200);
        assert.match(text, />for you<\/p>/);
        assert.equal((await log.next(lineOf)).body, "complete");
        taken(await log.next(rowOf));
      }
    } finally {
      await isolate.dispose();
    }
  },
};

let failed = 0;
try {
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
    } catch (error) {
      failed += 1;
      console.error(`${name}:`, error);
    }
  }
  console.log(`${Object.keys(tests).length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  site.close();
  remove();
}
