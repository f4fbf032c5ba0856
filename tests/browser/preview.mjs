// What a marketer does with a preview link: sees the page, why it is as it is, and every other variant; on a desktop and a phone,
// by keyboard alone, without JavaScript, in pages whose style sheets and policies are hostile. In: the built Worker, the stand-in's
// shop and pages of this script, a real Chromium. Out: a line `N passed, N failed`, screenshots in build/screenshots.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { finish, test } from "../clients/lib/compare.mjs";
import { listen, startCdp, startWorker } from "../clients/lib/site.mjs";
import { DESKTOP, PHONE, USER_AGENT, startChromium } from "./lib/chromium.mjs";
import { STAND_IN_KEY, startStandIn } from "./lib/stand_in.mjs";

const SHOTS = join(resolve(dirname(fileURLToPath(import.meta.url)), "../.."), "build/screenshots");
const SECRETS = { PREVIEW_KEY: "a preview key of the tests", XM_API_KEY: "k3y-of-xms-server" };

/** Rules that would hide, move or undress anything that they reach. */
const HOSTILE = `
  * { all: unset !important; color: red !important; }
  div, section, form, button, details { display: none !important; }
  body > * { position: static !important; transform: translateX(200vw) !important; opacity: 0 !important; }
  :not(:defined) { display: none !important; visibility: hidden !important; }
  html { font-size: 1px !important; --paper: red !important; --ink: red !important; direction: rtl !important; }
  body { transform: scale(0.5); filter: blur(2px); }`;
const HERO = `<div data-cdp-experience="hero"><h1>Default</h1><template data-cdp-variant="a"><h1>Variant A</h1></template>
  <template data-cdp-variant="b"><h1>Variant B</h1></template></div>`;
const HEADING = "<h2>A page of somebody's own</h2>";
const NONCES = "default-src 'none'; script-src 'nonce-s1'; style-src 'nonce-t1'; form-action 'self'; base-uri 'none'";
const SELF = "default-src 'self'; require-trusted-types-for 'script'";
const PAGES = {
  "/hostile": { head: `<style>${HOSTILE}</style><base href="https://elsewhere.example/" target="_blank">` },
  "/nonces": { policy: NONCES },
  "/self": { policy: SELF },
  "/no-form": { policy: `${SELF}; form-action 'none'` },
  "/nothing": { policy: "default-src 'none'; form-action 'self'" },
  "/long": { more: '<p style="height:3000px">long</p>' },
  "/latin": { charset: "windows-1252" },
};

const chrome = await startChromium();
mkdirSync(SHOTS, { recursive: true });
const standIn = await startStandIn();
const shop = await site({ url: standIn.cdp }, { XM_ORIGIN: standIn.xm, CDP_CLIENT_KEY: STAND_IN_KEY });
const cdp = await startCdp();
const xm = await listen(createServer((request, response) => {
  const { head = "", policy, more = "", charset = "utf-8" } = PAGES[new URL(request.url, "http://xm").pathname] ?? {};
  const headers = { "content-type": `text/html; charset=${charset}`, ...(policy && { "content-security-policy": policy }) };
  response.writeHead(200, headers).end(
    `<!doctype html><html lang="en"><head><title>Odd</title>${head}</head><body>${HEADING}${HERO}${more}</body></html>`,
  );
}));
const odd = await site(cdp, { XM_ORIGIN: xm.url });

for (const [shape, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
  await test(`the shop's home page is previewed, explained and switched (${shape})`, async () => {
    await standIn.reset();
    const { page, errors, context } = await open(shop, "/", { home_hero: "hero_summer" }, { viewport });
    assert.equal(await headline(page), "Long light, light packs");
    const panel = page.getByRole("region", { name: "Preview of this page" });
    assert.ok(await panel.isVisible());
    await page.waitForLoadState("networkidle");
    await shot(page, `preview-${shape}`);
    // Everything is in sight and nothing is cut off at the sides.
    const box = await page.locator("cdp-preview .sheet").boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= viewport.width && box.y >= 0 && box.y + box.height <= viewport.height, JSON.stringify(box));
    await choose(page, "home_hero", "hero_returning");
    assert.equal(await headline(page), "Back for more hills?");
    assert.equal(await pressed(page, "home_hero"), "hero_returning");
    await choose(page, "home_hero", "Default content");
    assert.equal(await headline(page), "Gear for weather that happens");
    await choose(page, "home_promos", "promos_members");
    await shot(page, `preview-${shape}-switched`);
    await page.locator("cdp-preview summary").first().click();
    await shot(page, `preview-${shape}-collapsed`);
    await page.reload();
    assert.equal(await page.locator("cdp-preview .sheet").getAttribute("open"), null, "it stays as it was left");
    assert.deepEqual((await standIn.received()).map(({ path }) => path), [], "the CDP was asked");
    assert.deepEqual(await context.cookies().then((all) => all.map(({ name }) => name).filter((name) => name.startsWith("bid"))), []);
    assert.deepEqual(errors, []);
    await context.close();
  });
}

await test("a visitor with an id sees what the CDP decides, its times, and that it counts", async () => {
  await standIn.reset();
  const context = await person();
  const page = await context.newPage();
  await page.goto(`${shop.url}/`);
  await page.goto(await link(shop, "/", { home_hero: "hero_summer" }));
  const text = await page.locator("cdp-preview").evaluate((host) => host.shadowRoot.textContent);
  assert.match(text, /as an exposure of yours/);
  assert.match(text, /decided in \d+ ms . held the page for \d+ ms/);
  await page.waitForLoadState("networkidle");
  await shot(page, "preview-known");
  const views = (await standIn.events()).filter(({ type }) => type === "VIEW");
  assert.equal(views.length, 1, "the first visit alone is counted");
  await context.close();
});

await test("by keyboard alone: find it, choose, stay where one was, close and leave", async () => {
  const { page, context } = await open(odd, "/long", { hero: "a" });
  await page.evaluate(() => scrollTo(0, 900));
  await page.keyboard.press("Shift+Tab");
  const focused = () => page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.textContent ?? document.activeElement.localName);
  assert.equal(await focused(), "Leave the preview", "the panel is the page's last stop");
  for (let i = 0; i < 12 && (await focused()) !== "b"; i += 1) await page.keyboard.press("Shift+Tab");
  assert.equal(await focused(), "b");
  await shot(page, "preview-focus");
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.equal(await headline(page), "Variant B");
  assert.equal(await focused(), "b", "the focus stays");
  assert.equal(await page.evaluate(() => scrollY), 900, "and so does the page");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("cdp-preview .sheet").getAttribute("open"), null);
  await page.keyboard.press("Enter");
  assert.notEqual(await page.locator("cdp-preview .sheet").getAttribute("open"), null);
  await page.keyboard.press("Shift+Tab");
  await Promise.all([page.waitForNavigation(), page.locator("cdp-preview .leave").press("Enter")]);
  assert.equal(await page.locator("cdp-preview").count(), 0);
  await context.close();
});

await test("without JavaScript every choice works", async () => {
  const { page, context } = await open(odd, "/?x=1", { hero: "a" }, { javaScriptEnabled: false });
  await choose(page, "hero", "b");
  assert.equal(await headline(page), "Variant B");
  assert.equal(new URL(page.url()).search, "?x=1");
  assert.equal(await page.getByRole("button", { name: "Copy link" }).isVisible(), false, "what needs a script is not offered");
  await shot(page, "preview-script-off");
  await page.locator("cdp-preview .leave").click();
  assert.equal(await page.locator("cdp-preview").count(), 0);
  await context.close();
});

for (const path of ["/hostile", "/nonces", "/self", "/no-form", "/latin"]) {
  await test(`it looks and works the same on a page that would not have it so (${path})`, async () => {
    const { page, errors, context } = await open(odd, path, { hero: "a" });
    await shot(page, `preview${path.replace("/", "-")}`);
    const seen = await looks(page);
    const { page: plain, context: other } = await open(odd, "/", { hero: "a" });
    assert.deepEqual(seen, await looks(plain));
    await other.close();
    await choose(page, "hero", "b");
    assert.equal(await page.locator("h1").evaluate((heading) => heading.textContent), "Variant B");
    assert.equal(await pressed(page, "hero"), "b");
    assert.deepEqual(errors, []);
    await context.close();
  });
}

await test("a page that forbids every script and style sheet still has the form", async () => {
  const { page, context } = await open(odd, "/nothing", { hero: "a" });
  await choose(page, "hero", "b");
  assert.equal(await headline(page), "Variant B");
  await context.close();
});

await test("the page does not move for it, and its own scripts hear nothing of it", async () => {
  const { page, context } = await open(odd, "/", { hero: "a" });
  const plain = await (await context.newPage()).goto(`${odd.url}/self`).then((response) => response.frame());
  const place = (frame) => frame.evaluate(() => JSON.stringify(document.querySelector("h2").getBoundingClientRect()));
  assert.equal(await place(page), await place(plain));
  const shifts = await page.evaluate(() => new Promise((done) => {
    new PerformanceObserver((list) => done(list.getEntries().length)).observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => done(0)));
  }));
  assert.equal(shifts, 0);
  await page.evaluate(() => {
    window.heard = [];
    for (const type of ["click", "keydown", "submit"]) document.addEventListener(type, () => window.heard.push(type));
  });
  await page.locator("cdp-preview summary").first().press("Enter");
  await page.locator("cdp-preview summary").first().click();
  assert.deepEqual(await page.evaluate(() => window.heard), []);
  await context.close();
});

await test("the component in question is outlined, and a link to what is seen can be copied", async () => {
  const { page, context } = await open(odd, "/", { hero: "a" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.locator("cdp-preview .item").first().hover();
  await page.locator("cdp-preview .box").waitFor();
  const [box, hero] = await Promise.all([page.locator("cdp-preview .box").boundingBox(), page.locator("[data-cdp-experience]").boundingBox()]);
  assert.ok(Math.abs(box.x + 4 - hero.x) < 1 && Math.abs(box.width - 8 - hero.width) < 1, JSON.stringify([box, hero]));
  await choose(page, "hero", "b");
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.getByText("Copied.").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const other = await person();
  const fresh = await other.newPage();
  await fresh.goto(copied);
  assert.equal(await headline(fresh), "Variant B");
  await Promise.all([context.close(), other.close()]);
});

await test("contrast, names and sizes are those of WCAG 2.2 AA, in light and dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, context } = await open(shop, "/", { home_hero: "hero_summer", home_promos: "gone", promo: "x" }, { colorScheme });
    await page.waitForLoadState("networkidle");
    await page.locator("cdp-preview .sheet").evaluate((sheet) => Promise.all(sheet.getAnimations().map((animation) => animation.finished)));
    if (colorScheme === "dark") await shot(page, "preview-dark");
    const found = await page.locator("cdp-preview").evaluate(weak);
    assert.deepEqual(found, [], colorScheme);
    await context.close();
  }
});

await test("at 200 % zoom all of it can be reached", async () => {
  const { page, context } = await open(shop, "/", { home_hero: "hero_summer" }, { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 });
  await shot(page, "preview-zoom");
  const box = await page.locator("cdp-preview .sheet").boundingBox();
  assert.ok(box.y >= 0 && box.y + box.height <= 450.5 && box.x >= 0 && box.x + box.width <= 640, JSON.stringify(box));
  await page.locator("cdp-preview .leave").click();
  assert.equal(await page.locator("cdp-preview").count(), 0);
  await context.close();
});

await test("a preview works on this machine's own address, too", async () => {
  const own = { ...odd, url: odd.direct.replace("/_cdp", "") };
  const { page, context } = await open(own, "/", { hero: "b" });
  assert.equal(await headline(page), "Variant B", "the browser takes the Secure cookie");
  await context.close();
});

await test("a link that is over says what to do", async () => {
  const context = await person();
  const page = await context.newPage();
  const url = await link(odd, "/", {});
  const response = await page.goto(url.slice(0, -3));
  assert.equal(response.status(), 403);
  await shot(page, "preview-refused");
  assert.ok(await page.getByRole("heading", { name: /not complete/ }).isVisible());
  await context.close();
});

await chrome.close();
for (const started of [shop, odd, cdp, xm, standIn]) started.stop();
finish();

async function site(cdp, vars) {
  const worker = await startWorker(cdp, { ...vars, ...SECRETS }, { id_budget_ms: 5000, decision_budget_ms: 5000 });
  // A browser takes this name for a secure context, and so the Worker's cookies.
  return { url: worker.url.replace("127.0.0.1", "shop.localhost").replace("/_cdp", ""), direct: worker.url, stop: worker.stop };
}

/** A link, as XM's server has one made. */
async function link({ url, direct }, path, show) {
  const made = await fetch(`${direct}/preview`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${SECRETS.XM_API_KEY}`, "sec-fetch-site": "none" },
    body: JSON.stringify({ url: url + path, show }),
  });
  const answer = await made.json();
  assert.equal(made.status, 201, JSON.stringify(answer));
  return answer.url;
}

function person(options) {
  return chrome.newContext({ userAgent: USER_AGENT, viewport: DESKTOP, colorScheme: "light", ...options });
}

/** Somebody new follows a link. */
async function open(shop, path, show, options) {
  const context = await person(options);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.goto(await link(shop, path, show), { waitUntil: "load" });
  return { page, errors, context };
}

async function choose(page, id, option) {
  const group = page.locator(`cdp-preview .item[data-id="${id}"] .options`);
  const button = group.locator("button").filter({ hasText: new RegExp(`^${option}( \\(shown now\\))?$`) });
  await Promise.all([page.waitForNavigation(), button.click()]);
}

function pressed(page, id) {
  return page.locator(`cdp-preview .item[data-id="${id}"] [aria-pressed=true]`).innerText();
}

async function headline(page) {
  return (await page.locator("h1").first().innerText()).trim();
}

function shot(page, name) {
  return page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** What the panel looks like, whatever the page. */
function looks(page) {
  return page.locator("cdp-preview").evaluate(async (host) => {
    const root = host.shadowRoot;
    const sheet = root.querySelector(".sheet");
    await Promise.all(sheet.getAnimations().map((animation) => animation.finished));
    const of = (selector) => {
      const element = root.querySelector(selector);
      const { color, backgroundColor, fontSize, fontFamily, direction, display, opacity } = getComputedStyle(element);
      const { width, height, right, bottom } = element.getBoundingClientRect();
      return { color, backgroundColor, fontSize, fontFamily, direction, display, opacity, width, height, right, bottom };
    };
    return Object.fromEntries([".sheet", "summary", ".options button", ".state", ".leave"].map((selector) => [selector, of(selector)]));
  });
}

/** What is too pale, too small or has no name. */
function weak(host) {
  const root = host.shadowRoot;
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at && at !== host; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of root.querySelectorAll("*")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!element.checkVisibility() || element.closest(".sr")) continue;
    if (text) {
      const [light, dark] = [channels(getComputedStyle(element).color), ground(element)].map(luminance).sort((a, b) => b - a);
      const ratio = (light + 0.05) / (dark + 0.05);
      if (ratio < 4.5) found.push(`${element.textContent.trim()}: ${ratio.toFixed(2)}`);
    }
    if (element.matches("button, summary")) {
      const { width, height } = element.getBoundingClientRect();
      if (width < 24 || height < 24) found.push(`${element.textContent.trim()}: ${width} x ${height}`);
      if (!element.textContent.trim()) found.push("a button without a name");
    }
  }
  return found;
}
