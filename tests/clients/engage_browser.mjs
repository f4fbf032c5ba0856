// @sitecore/engage 1.4.3 in a browser: through the Worker the CDP gets, byte for byte, what it gets directly.

import assert from "node:assert/strict";

import { startChromium } from "../browser/lib/chromium.mjs";
import { finish, test } from "./lib/compare.mjs";
import { PAGE, bothWaysInBrowser, bundle, inShop, visitPage } from "./lib/page.mjs";
import { BROWSER_ID, CLIENT_KEY, GUEST_REF } from "./lib/site.mjs";

const chrome = await startChromium();
const script = await bundle("engage.js");

await test("a visit on a page of the same host", () =>
  inShop(script, async (shop) => {
    const { direct, directPreflights, directResult, preflights, result, through } = await bothWaysInBrowser(chrome, shop);
    assert.deepEqual(through, direct);
    assert.deepEqual(result, directResult);
    assert.ok(directPreflights.length > 0, "another site is asked first");
    assert.deepEqual(preflights, [], "its own host never");
    const call = ({ method, url }) => `${method} ${url.split("?")[0].replace(BROWSER_ID, "ID").replace(CLIENT_KEY, "KEY")}`;
    assert.deepEqual(through.map(call), [
      "GET /v1.2/browser/create.json",
      "GET /web-flow-libs/KEY/web-version.min.js",
      ...Array(5).fill("POST /v1.2/events"),
      "GET /v1.2/browser/ID/show.json",
      "POST /v2/callFlows",
      "POST /v2/callFlows",
      "POST /v1.2/events",
      "POST /v1.2/events",
    ]);
    assert.equal(result.cookie, `bid_${CLIENT_KEY}=${BROWSER_ID}`);
    assert.equal(result.guestId, GUEST_REF);
    assert.deepEqual(result.personalize, { variantId: "v1" });
  }));

await test("a visit on another host of the site", () =>
  inShop(script, async (shop) => {
    const { direct, directResult, preflights, result, through } = await bothWaysInBrowser(chrome, shop, "m.shop.localhost");
    assert.deepEqual(through, direct);
    assert.deepEqual(result, directResult);
    assert.ok(preflights.length > 0 && preflights.every((url) => url.startsWith(shop.own)), String(preflights));
  }));

await test("a page that counts its own views uses the Worker's id", () => usesTheWorkersId({ page_views: "browser", tag: { kind: "own" } }, 0));

await test("a page's own library uses the Worker's id while the Worker counts", () => usesTheWorkersId({ tag: { kind: "own" } }, 1));

await chrome.close();
finish();

/** The page's own library finds the id of the Worker; `views`: how many the Worker sends. */
function usesTheWorkersId(settings, views) {
  const check = async (shop) => {
    const { cookies, result } = await visitPage(chrome, shop, { base: `${shop.own}/_cdp`, page: PAGE });
    assert.equal(result.browserId, BROWSER_ID);
    const sent = shop.cdp.requests;
    assert.equal(sent.filter(({ url }) => url.includes("create.json")).length, 1, "one id is created");
    const events = sent.filter(({ url }) => url === "/v1.2/events").map(({ body }) => JSON.parse(body));
    assert.ok(events.every((event) => event.browser_id === BROWSER_ID));
    assert.equal(events.filter(({ type }) => type === "VIEW").length, 2 + views);
    const kept = cookies.filter(({ name }) => name === `bid_${CLIENT_KEY}`);
    assert.deepEqual(kept.map(({ value, httpOnly }) => [value, httpOnly]), [[BROWSER_ID, false]]);
  };
  return inShop(script, check, { settings: () => settings });
}
