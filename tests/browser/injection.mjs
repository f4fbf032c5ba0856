// Published attack payloads as decisions, in a real browser: no dialog, no script, no request to another host, no error, and the page
// is made of what it is made of with harmless values; and what Chromium takes the addresses of the URL tests for. In: the built
// Worker, an XM and a CDP of this script, `tests/data`. Out: a line `N passed, N failed`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { finish, test } from "../clients/lib/compare.mjs";
import { BROWSER_ID, CLIENT_KEY, listen, startWorker } from "../clients/lib/site.mjs";
import { DESKTOP, USER_AGENT, startChromium } from "./lib/chromium.mjs";

const DATA = join(resolve(dirname(fileURLToPath(import.meta.url)), ".."), "data");
const read = (name) => JSON.parse(gunzipSync(readFileSync(join(DATA, name))));

/** Of so many payloads one is taken: some 300. */
const EVERY = 16;
/** On one page. */
const PER_PAGE = 50;

const lists = ["bleach", "blns", "brs-kb", "fray", "xss-filters"].map((name) => read(`payloads/${name}.json.gz`));
const payloads = lists.flat().filter((_, index) => index % EVERY === 0);
const urls = read("urls/urltestdata.json.gz").filter((entry) => entry.input !== undefined).map(({ input }) => input);
const pages = [];
for (let at = 0; at < payloads.length; at += PER_PAGE) pages.push(payloads.slice(at, at + PER_PAGE));

/** Every sink for the payload at `/v/N`; each holds `x` before. */
const SINKS = (n) => `<div class=c><p data-text=${n} data-cdp-text=/v/${n}>x</p><textarea data-text=${n} data-cdp-text=/v/${n}>x</textarea>
<pre data-text=${n} data-cdp-text=/v/${n}>x</pre><svg><text data-text=${n} data-cdp-text=/v/${n}>x</text></svg>
<select><option data-text=${n} data-cdp-text=/v/${n}>x</option></select><a href=/x data-cdp-attr-href=/v/${n} title=x data-cdp-attr-title=/v/${n} data-title=${n}>x</a>
<input value=x data-cdp-attr-value=/v/${n} data-cdp-attr-placeholder=/v/${n}><img alt=x data-cdp-attr-alt=/v/${n} data-alt=${n}>
<b data-cdp-html=/v/${n}>x</b></div>`;

const flows = new Map([["urls", { v: urls }], ["benign", { v: Array(PER_PAGE).fill("benign") }]]);
pages.forEach((values, index) => flows.set(`page${index}`, { v: values }));

/** The page whose component has that friendly id. */
function html(id) {
  const body = id === "urls"
    ? urls.map((_, n) => `<a id=u${n} href=/authored data-cdp-attr-href=/v/${n}>${n}</a>`).join("\n")
    : Array.from({ length: PER_PAGE }, (_, n) => SINKS(n)).join("\n");
  return `<!doctype html><html lang=en><head><title data-cdp-experience=${id} data-cdp-text=/v/0>x</title></head><body>
<main data-cdp-experience=${id}>${body}</main>
<section data-cdp-experience=${id} data-cdp-variant-from=/v/1>x<template data-cdp-variant=none>y</template></section><footer>rest</footer></body></html>`;
}

const xm = await listen(createServer((request, response) => {
  const id = new URL(request.url, "http://xm").pathname.slice(1);
  if (!flows.has(id)) return response.writeHead(404, { "content-type": "text/plain" }).end();
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html(id));
}));
const cdp = await listen(createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const answer = request.url.startsWith("/v2/callFlows")
      ? flows.get(JSON.parse(Buffer.concat(chunks)).friendlyId)
      : { status: "OK", ref: BROWSER_ID };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer ?? {}));
  });
}));
const chrome = await startChromium();
const worker = await startWorker(cdp, { XM_ORIGIN: xm.url }, { decision_budget_ms: 2000 });
const site = worker.url.replace("/_cdp", "");
const { host } = new URL(site);

const benign = await visit("benign");
await test("harmless values are shown in every sink", () => {
  assert.equal(benign.filled, PER_PAGE * 7);
  assert.deepEqual(benign.troubles, []);
});

for (const [index, values] of pages.entries()) {
  await test(`payloads ${index * PER_PAGE} to ${index * PER_PAGE + values.length - 1} are texts and nothing else`, async () => {
    const seen = await visit(`page${index}`, values);
    assert.deepEqual(seen.troubles, []);
    assert.deepEqual(seen.different, []);
    // On the last page sinks without a payload keep what XM wrote.
    assert.equal(seen.shape, benign.shape);
    assert.deepEqual(seen.schemes.filter((scheme) => !["http:", "https:", "mailto:", "tel:"].includes(scheme)), []);
  });
}

await test("Chromium takes no placed address for another scheme, or for a host that it does not name", async () => {
  const { links, troubles } = await visit("urls");
  assert.deepEqual(troubles, []);
  assert.equal(links.length, urls.length);
  const placed = links.filter(({ href }) => href !== "/authored");
  assert.ok(placed.length > 300, `only ${placed.length} are placed`);
  const fits = ({ href, protocol, host: to }) => {
    // What Chromium cannot read leads nowhere.
    if (protocol === ":" || ["mailto:", "tel:"].includes(protocol)) return true;
    const names = /^https?:/i.test(href.replace(/^[\0-\x20]+/, "").replace(/[\t\n\r]/g, ""));
    return ["http:", "https:"].includes(protocol) && (to === host || names);
  };
  assert.deepEqual(placed.filter((link) => !fits(link)), []);
});

await chrome.close();
worker.stop();
cdp.stop();
xm.stop();
finish();

/** Opens a page and touches everything on it; gives what it is made of, and what should not have happened. */
async function visit(id, values = []) {
  const context = await chrome.newContext({ viewport: DESKTOP, userAgent: USER_AGENT });
  await context.addCookies([{ name: `bid_${CLIENT_KEY}`, value: BROWSER_ID, url: site }]);
  const page = await context.newPage();
  const troubles = [];
  page.on("dialog", (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("pageerror", (error) => troubles.push(`error: ${error}`));
  page.on("console", (message) => message.type() === "error" && troubles.push(`console: ${message.text()}`));
  page.on("popup", () => troubles.push("a window"));
  page.on("framenavigated", (frame) => frame.url() !== `${site}/${id}` && troubles.push(`went to ${frame.url()}`));
  await context.route("**/*", (route) => {
    const url = new URL(route.request().url());
    if (url.origin === site && url.pathname === "/favicon.ico") return route.fulfill({ status: 204 });
    if (url.href === `${site}/${id}`) return route.continue();
    troubles.push(`request: ${url.href}`);
    return route.abort();
  });
  await page.addInitScript(() => {
    window.ran = [];
    for (const name of ["alert", "confirm", "prompt", "print", "open", "fetch"]) window[name] = () => window.ran.push(name);
  });
  await page.goto(`${site}/${id}`, { waitUntil: "load" });
  const seen = await page.evaluate((values) => {
    const all = [...document.querySelectorAll("*")];
    for (const element of all) {
      for (const type of ["mouseover", "mouseenter", "pointerdown", "focus", "toggle", "error", "load"]) element.dispatchEvent(new Event(type));
      element.focus?.();
    }
    const normal = (text) => text.replaceAll("\0", "\ufffd");
    const different = [];
    let filled = 0;
    const compare = (name, found, n) => {
      filled += found !== "x";
      if (n < values.length && found !== normal(values[n])) different.push([name, found, values[n]]);
    };
    for (const element of document.querySelectorAll("[data-text]")) compare(element.localName, element.textContent, element.dataset.text);
    for (const element of document.querySelectorAll("[data-title]")) compare("title", element.title, element.dataset.title);
    for (const element of document.querySelectorAll("[data-alt]")) compare("alt", element.alt, element.dataset.alt);
    const links = [...document.querySelectorAll("a")];
    return {
      ran: window.ran, different, filled,
      shape: all.map((element) => `${element.localName} ${element.getAttributeNames()}`).filter((line) => !/^input|^b /.test(line)).join("\n"),
      schemes: [...new Set(links.map(({ protocol }) => protocol))],
      links: links.filter(({ id }) => id).map((link) => ({ href: link.getAttribute("href"), protocol: link.protocol, host: link.host })),
    };
  }, values);
  // What was begun has its turn.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  troubles.push(...(await page.evaluate(() => window.ran)).map((name) => `ran ${name}`));
  await context.close();
  return { ...seen, troubles };
}
