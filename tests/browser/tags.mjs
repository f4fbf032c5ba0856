// What injected tags do in a browser: Tag Manager's container starts once, early and hidden, under a strict policy and without
// JavaScript, too; Engage finds the Worker's id. In: the built Worker, an XM and a CDP of this script, a real Chromium in which
// Google's host and the library's are played. Out: a line `N passed, N failed`, a screenshot in build/screenshots.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { finish, test } from "../clients/lib/compare.mjs";
import { BROWSER_ID, CLIENT_KEY, POINT_OF_SALE, startCdp, startWorker } from "../clients/lib/site.mjs";
import { DESKTOP, USER_AGENT, startChromium } from "./lib/chromium.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const SHOTS = join(ROOT, "build/screenshots");
const CONTAINER = "GTM-ABC123";
const GOOGLE = "https://www.googletagmanager.com";
const LIBRARY = "https://library.example/sitecore-engage-v.1.4.3.min.js";
const POLICY = `default-src 'none'; script-src 'nonce-r4nd0m' 'strict-dynamic'; style-src 'nonce-r4nd0m'; frame-src ${GOOGLE}`;

/** Google's own snippet, in short. */
const OWN = `<script>(function(w,d,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':new Date().getTime(),event:'gtm.js'});
var j=d.createElement('script');j.async=true;j.src='${GOOGLE}/gtm.js?id='+i;d.head.appendChild(j)})(window,document,'dataLayer','${CONTAINER}')</script>`;
/** The same from a script file, which no edge can look into. */
const OWN_FILE = OWN.replace(/<\/?script>/g, "");
/** Styles that pages have for their frames. */
const STYLE = "<style nonce=r4nd0m>body{margin:0} h1{margin:0} iframe{display:block;border:9px solid red;min-height:50px}</style>";

const PAGES = {
  "/": [`<title>Shoes</title>${STYLE}`, ""],
  "/head": [`<title>Shoes</title>${OWN}`, ""],
  "/body": ["<title>Shoes</title>", `\n<!-- tags -->\n<noscript>x</noscript>${OWN}`],
  "/file": ["<title>Shoes</title><script src=/-/media/own.js></script>", ""],
};

const chrome = await startChromium();
mkdirSync(SHOTS, { recursive: true });
const cdp = await startCdp();
const xm = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://xm");
  if (pathname === "/-/media/own.js") return response.writeHead(200, { "content-type": "text/javascript" }).end(OWN_FILE);
  const [head, start] = PAGES[pathname] ?? PAGES["/"];
  const policy = searchParams.has("strict") ? { "content-security-policy": POLICY } : {};
  const html = `<!doctype html>\n<html lang="en">\n<head>${head}</head>\n<body class="home">${start}<h1>Shoes</h1></body>\n</html>\n`;
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...policy }).end(html);
});
await new Promise((done) => xm.listen(0, "127.0.0.1", done));
const xmUrl = `http://127.0.0.1:${xm.address().port}`;

const gtm = await site({ tag: { kind: "gtm", container_id: CONTAINER } });

for (const path of ["/", "/?strict"]) {
  await test(`the container starts once, early, and knows the first-party endpoints (${path})`, async () => {
    const seen = await visit(gtm, path, {}, path === "/" ? "tag-manager" : undefined);
    assert.deepEqual(seen.google, [`/gtm.js?id=${CONTAINER}`]);
    assert.equal(seen.page.started, 1);
    const [settings, start] = seen.page.layer;
    const targetURL = `${new URL(gtm.url).origin}/_cdp`;
    assert.deepEqual(settings, { cdp: { clientKey: CLIENT_KEY, targetURL, pointOfSale: POINT_OF_SALE, cookieDomain: null } });
    assert.equal(start.event, "gtm.js");
    assert.equal(typeof start["gtm.start"], "number");
    assert.deepEqual(seen.page.places, { script: "HEAD", frame: "NOSCRIPT" });
    assert.deepEqual([seen.errors, seen.page.violations], [[], []]);
  });

  await test(`without JavaScript the frame is asked for, and nobody sees it (${path})`, async () => {
    const seen = await visit(gtm, path, { javaScriptEnabled: false }, path === "/" ? "tag-manager-script-off" : undefined);
    assert.deepEqual(seen.google, [`/ns.html?id=${CONTAINER}`]);
    assert.deepEqual(seen.headline, { x: 0, y: 0 }, "the frame takes room");
    assert.deepEqual(seen.errors, []);
  });
}

for (const path of ["/head", "/body", "/file"]) {
  await test(`a page that starts the container itself starts it once (${path})`, async () => {
    const seen = await visit(gtm, path);
    assert.deepEqual(seen.google, [`/gtm.js?id=${CONTAINER}`]);
    assert.equal(seen.page.started, 1);
    assert.equal(seen.page.layer.filter(({ event }) => event === "gtm.js").length, 1);
  });
}
gtm.stop();

for (const [page_views, fromPage] of [["edge", 0], ["browser", 1]]) {
  await test(`Engage is initialised with the Worker's id; the ${page_views} counts the page view`, async () => {
    const engage = await site({ tag: { kind: "engage", library_url: LIBRARY }, page_views });
    const counted = firstView();
    const seen = await visit(engage, "/shoes?utm_source=s", {}, undefined, () => window.engage !== undefined);
    assert.equal(seen.page.id, BROWSER_ID);
    assert.deepEqual(seen.errors, []);
    const creates = cdp.requests.filter(({ url }) => url.includes("/browser/create.json"));
    assert.equal(creates.length, 1, "one id for edge and page");
    const view = await counted;
    assert.deepEqual([view.browser_id, view.page, view.channel], [BROWSER_ID, "/shoes", "WEB"]);
    assert.equal(seen.posts.filter((path) => path === "/_cdp/v1.2/events").length, fromPage);
    assert.equal(views().length, 1);
    engage.stop();
  });
}

await chrome.close();
xm.close();
cdp.stop();
finish();

async function site(settings) {
  const worker = await startWorker(cdp, { XM_ORIGIN: xmUrl }, { id_budget_ms: 5000, ...settings });
  // A browser takes this name for a secure context, and so the Worker's cookie.
  return { url: worker.url.replace("127.0.0.1", "shop.localhost").replace("/_cdp", ""), stop: worker.stop };
}

/** Visits a page as a new person; gives what happened. `ready`: when the page has done what is looked for. */
async function visit(shop, path, options = {}, shot, ready = () => window.started > 0) {
  const context = await chrome.newContext({ userAgent: USER_AGENT, viewport: DESKTOP, ...options });
  const [google, posts, errors] = [[], [], []];
  await context.route(`${GOOGLE}/**`, (route) => {
    const url = new URL(route.request().url());
    google.push(url.pathname + url.search);
    const body = "window.started=(window.started||0)+1;window.layer=JSON.parse(JSON.stringify(dataLayer))";
    return url.pathname === "/gtm.js"
      ? route.fulfill({ contentType: "text/javascript", body })
      : route.fulfill({ contentType: "text/html", body: "<!doctype html><title>ns</title>" });
  });
  await context.route(LIBRARY, async (route) => route.fulfill({ contentType: "text/javascript", body: await library() }));
  const page = await context.newPage();
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("request", (request) => request.method() === "POST" && posts.push(new URL(request.url()).pathname));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
  });
  await page.goto(shop.url + path, { waitUntil: "load" });
  const { x, y } = await page.locator("h1").boundingBox();
  const seen = { errors, google, posts, headline: { x, y } };
  if (options.javaScriptEnabled !== false) {
    await page.waitForFunction(ready);
    await page.waitForLoadState("networkidle");
    seen.page = await page.evaluate(() => ({
      started: window.started,
      layer: window.layer,
      violations: window.violations,
      id: window.engage?.getBrowserId(),
      places: {
        script: [...document.scripts].find(({ text }) => text.includes("gtm.start"))?.parentElement.nodeName,
        frame: document.body.firstElementChild.nodeName,
      },
    }));
  }
  if (shot) await page.screenshot({ path: join(SHOTS, `${shot}.png`) });
  await context.close();
  return seen;
}

/** Engage from npm as the script that Sitecore's CDN has: it leaves `window.Engage`. */
async function library() {
  const contents = 'import { init } from "@sitecore/engage"; window.Engage = { ...window.Engage, init };';
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT }, bundle: true, format: "iife", platform: "browser", write: false,
  });
  return outputFiles[0].text;
}

function views() {
  const events = cdp.requests.filter(({ url }) => url.startsWith("/v1.2/events"));
  return events.map(({ body }) => JSON.parse(body)).filter(({ type }) => type === "VIEW");
}

/** Forgets what the CDP was asked; then resolves to the first VIEW that it gets. One of the Worker's comes when the page has left. */
function firstView() {
  cdp.requests.length = 0;
  return new Promise((done) => {
    cdp.requests.push = (request) => {
      Array.prototype.push.call(cdp.requests, request);
      if (views().length > 0) done(views()[0]);
    };
  });
}
