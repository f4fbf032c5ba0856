// A client in a page of a shop in a real Chromium, once pointed at the CDP itself and once at the Worker. In: a page script
// that defines `window.visit(settings)`. Out: what it gave, what the CDP got, and which preflights the browser sent.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { dirname, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { USER_AGENT } from "../../browser/lib/chromium.mjs";
import { assertNothingPrivate, comparable } from "./compare.mjs";
import { CLIENT_KEY, CONTEXT_ID, HANG_LIMIT_MS, POINT_OF_SALE, WEB_FLOWS, listen, startCdp, startWorker } from "./site.mjs";

const PAGES = resolve(dirname(fileURLToPath(import.meta.url)), "../pages");

/** XM's path of the page script: no page, so it passes through unread. */
const SCRIPT = "/-/media/client.js";

/** Where the visitor came from, and the page: its path, language and query are what the clients look at. */
const REFERRER = "https://google.test/q";
const QUERY = "?utm_campaign=c1&utm_medium=email&variantid=var1";

/** Passes through, so that the client and not the Worker creates the id. */
export const UNTOUCHED = `/untouched/shoe${QUERY}`;
/** A page view. */
export const PAGE = `/shop/shoe${QUERY}`;

/** The page script of that name with all that it imports, for a browser. */
export async function bundle(name) {
  const { outputFiles } = await build({
    entryPoints: [join(PAGES, name)], bundle: true, format: "iife", platform: "browser", write: false, logLevel: "error",
    logOverride: { "import-is-undefined": "error" },
  });
  return outputFiles[0].text;
}

/**
 * Runs `check` with a shop whose pages load `script`, the Worker in front of it and a CDP behind. `vars`, `settings`: of the
 * Worker, made for that CDP. `scripts`: what its host of scripts has besides the web experiences.
 */
export async function inShop(script, check, { vars = () => ({}), settings = () => ({}), scripts = {} } = {}) {
  const cdp = await startCdp({ [WEB_FLOWS]: "window.webFlows = true", ...scripts });
  const shop = await listen(createServer((request, response) => {
    if (request.url.startsWith(SCRIPT)) {
      return response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    }
    const headers = { "content-type": "text/html; charset=utf-8", "set-cookie": "session=SECRET; Path=/; HttpOnly" };
    const html = `<!doctype html><html lang="en-IE"><head><title>Shoe</title></head><body><script src="${SCRIPT}"></script></body></html>`;
    response.writeHead(200, headers).end(html);
  }));
  const worker = await startWorker(
    cdp,
    { XM_ORIGIN: shop.url, WEB_FLOW_ENDPOINT: cdp.url, ...vars(cdp) },
    { exclude_paths: ["/untouched/*"], id_budget_ms: 5000, ...settings(cdp) },
  );
  try {
    await check({ cdp, worker, own: `http://www.shop.localhost:${worker.port}` });
  } finally {
    for (const server of [worker, shop, cdp]) server.stop();
  }
}

/** Opens a page as a new visitor and has `act` do something in the tab: by default, `visit`. Errors of the page fail the test. */
export async function visitPage(chrome, shop, { base, host = "www.shop.localhost", page = UNTOUCHED, act = visit }) {
  const context = await chrome.newContext({ userAgent: USER_AGENT });
  try {
    const tab = await context.newPage();
    const errors = [];
    tab.on("pageerror", (error) => errors.push(String(error)));
    const preflights = [];
    const session = await context.newCDPSession(tab);
    await session.send("Network.enable");
    session.on("Network.requestWillBeSent", ({ request }) => request.method === "OPTIONS" && preflights.push(request.url));
    await tab.goto(`http://${host}:${shop.worker.port}${page}`, { referer: REFERRER });
    const result = await Promise.race([act(tab, base), hang()]);
    assert.deepEqual(errors, []);
    return { result, preflights, cookies: await context.cookies() };
  } finally {
    await context.close();
  }
}

async function hang() {
  await setTimeout(HANG_LIMIT_MS, undefined, { ref: false });
  throw new Error("the page hangs");
}

function visit(tab, base) {
  const settings = { base, clientKey: CLIENT_KEY, pointOfSale: POINT_OF_SALE, contextId: CONTEXT_ID };
  return tab.evaluate((settings) => window.visit(settings), settings);
}

/** Drives the page script directly and through the Worker, from a page on `host`. */
export async function bothWaysInBrowser(chrome, shop, host) {
  const direct = await visitPage(chrome, shop, { base: shop.cdp.url.replace("127.0.0.1", "cdp.localhost") });
  const directRequests = shop.cdp.requests.splice(0).map(comparable);
  const through = await visitPage(chrome, shop, { base: `${shop.own}/_cdp`, host });
  const requests = shop.cdp.requests.splice(0);
  requests.forEach(assertNothingPrivate);
  assert.ok(directRequests.length > 0, "the client sent nothing");
  return {
    direct: directRequests, directResult: direct.result, directPreflights: direct.preflights,
    through: requests.map(comparable), result: through.result, preflights: through.preflights,
  };
}
