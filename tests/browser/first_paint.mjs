// What a person sees: the personalised hero at once, without a script of ours, with JavaScript on or off. In: the built
// Worker, the stand-in's site and CDP, a real Chromium. Out: a line `N passed, N failed`, screenshots in build/screenshots.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { finish, test } from "../clients/lib/compare.mjs";
import { startWorker } from "../clients/lib/site.mjs";
import { DESKTOP, PHONE, startChromium } from "./lib/chromium.mjs";
import { STAND_IN_KEY, startStandIn } from "./lib/stand_in.mjs";

const SHOTS = join(resolve(dirname(fileURLToPath(import.meta.url)), "../.."), "build/screenshots");
const DEFAULT = "Gear for weather that happens";

const chrome = await startChromium();
mkdirSync(SHOTS, { recursive: true });
const standIn = await startStandIn();
const worker = await startWorker(
  { url: standIn.cdp },
  { XM_ORIGIN: standIn.xm, CDP_CLIENT_KEY: STAND_IN_KEY },
  { decision_budget_ms: 2000, id_budget_ms: 5000 },
);
const site = worker.url.replace("/_cdp", "");

for (const [shape, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
  await test(`the first paint shows the personalised hero (${shape})`, async () => {
    await decide("summer campaign", 0);
    const seen = await visit({ viewport }, `variant-${shape}`);
    assert.equal(seen.shown, "hero_summer");
    assert.notEqual(seen.atFirstPaint, DEFAULT);
    assert.deepEqual(seen.headlines, [seen.headline], "the hero changed while the page loaded");
    assert.notEqual(seen.headline, DEFAULT);
  });
}

await test("a decision that takes 300 ms shows no default first", async () => {
  await decide("summer campaign", 300);
  const seen = await visit({ viewport: DESKTOP }, "variant-late");
  assert.equal(seen.shown, "hero_summer");
  assert.deepEqual(seen.headlines, [seen.headline]);
  assert.notEqual(seen.headline, DEFAULT);
});

await test("JavaScript off sees the same page", async () => {
  await decide("summer campaign", 0);
  const withScript = await visit({ viewport: DESKTOP }, "script-on");
  const without = await visit({ viewport: DESKTOP, javaScriptEnabled: false }, "script-off");
  assert.equal(without.headline, withScript.headline);
  assert.equal(without.shown, "hero_summer");
});

await test("nothing but the beacon of marked goals is ours, and the console has no error", async () => {
  await decide("summer campaign", 0);
  const seen = await visit({ viewport: DESKTOP }, "scripts");
  const ours = seen.scripts.filter((src) => src.includes("/_cdp"));
  assert.deepEqual(ours.filter((src) => !src.includes("/_cdp/beacon.js")), []);
  assert.deepEqual(seen.errors, []);
});

await test("a decision that does not come shows XM's own hero", async () => {
  await decide("summer campaign", 0);
  await standIn.put("/faults", { flows: { home_hero: "hang" } });
  const seen = await visit({ viewport: DESKTOP }, "timeout");
  assert.equal(seen.headline, DEFAULT);
  assert.equal(seen.shown, null);
  assert.deepEqual(seen.headlines, [DEFAULT]);
});

await test("the control is XM's own hero", async () => {
  await decide("default", 0);
  const seen = await visit({ viewport: DESKTOP }, "control");
  assert.equal(seen.headline, DEFAULT);
  assert.equal(seen.shown, "control");
});

await chrome.close();
worker.stop();
standIn.stop();
finish();

/** Visits the home page as a new person; gives what was seen, and when. */
async function visit(options, name) {
  const context = await chrome.newContext(options);
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await page.addInitScript(() => {
    const headline = () => document.querySelector("#hero h1")?.textContent.trim() ?? null;
    window.seen = { headlines: [], atFirstPaint: undefined };
    new MutationObserver(() => {
      const now = headline();
      if (now !== null && window.seen.headlines.at(-1) !== now) window.seen.headlines.push(now);
    }).observe(document, { childList: true, subtree: true, characterData: true });
    new PerformanceObserver(() => (window.seen.atFirstPaint ??= headline())).observe({ type: "paint", buffered: true });
  });
  await page.goto(`${site}/`, { waitUntil: "load" });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
  const hero = page.locator("#hero");
  const result = {
    errors,
    headline: (await hero.locator("h1").innerText()).trim(),
    shown: await hero.getAttribute("data-cdp-shown"),
    scripts: await page.locator("script[src]").evaluateAll((all) => all.map((script) => script.src)),
    ...(options.javaScriptEnabled === false ? {} : await page.evaluate(() => window.seen)),
  };
  await context.close();
  return result;
}

/** What the hero's flow answers everybody, after how many milliseconds; no faults. */
async function decide(response, afterMs) {
  await standIn.put("/faults", {});
  await standIn.put("/latency", { xm_ms: 0, cdp_ms: afterMs });
  await standIn.put("/flows/home_hero/force", { force: response });
}
