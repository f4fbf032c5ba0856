// JSONP, as Boxever JS 1.4.x calls: `<script src>` in a browser. Through the Worker the CDP gets, byte for byte, what it gets
// directly; and the Worker's own tag (`kind = "boxever"`) brings a library of that kind to send the VIEW under the Worker's id.

import assert from "node:assert/strict";

import { startChromium } from "../browser/lib/chromium.mjs";
import { assertNothingPrivate, finish, test } from "./lib/compare.mjs";
import { PAGE, bothWaysInBrowser, bundle, inShop, visitPage } from "./lib/page.mjs";
import { BROWSER_ID, CLIENT_KEY, GUEST_REF } from "./lib/site.mjs";

const LIBRARY = "/boxever-1.4.9.min.js";

const chrome = await startChromium();
const script = await bundle("jsonp.js");

await test("all calls of the library", () =>
  inShop(script, async (shop) => {
    const { direct, directResult, result, through } = await bothWaysInBrowser(chrome, shop);
    assert.deepEqual(through, direct);
    assert.deepEqual(result, directResult);
    assert.deepEqual(through.map(({ url }) => url.split("?")[0].replace(BROWSER_ID, "ID")), [
      "/v1.2/browser/create.json",
      ...Array(3).fill("/v1.2/event/create.json"),
      "/v1.2/browser/ID/show.json",
      "/v2/callFlows",
    ]);
    assert.ok(through[0].url.endsWith(`?client_key=${CLIENT_KEY}&message=%7B%7D&callback=jsonpN`), through[0].url);
    assert.deepEqual([result.browserId, result.show.customer.ref, result.flow.variantId], [BROWSER_ID, GUEST_REF, "v1"]);
  }));

await test("an expression in place of a callback runs nothing", () =>
  inShop("", async (shop) => {
    const url = `${shop.own}/_cdp/v1.2/browser/create.json?client_key=${CLIENT_KEY}&callback=window.ran=1;x`;
    const act = async (tab) => {
      await assert.rejects(tab.addScriptTag({ url }));
      return tab.evaluate(() => window.ran ?? "nothing");
    };
    assert.equal((await visitPage(chrome, shop, { act })).result, "nothing");
    assert.deepEqual(shop.cdp.requests, []);
  }));

await test("the injected tag's VIEW is the Worker's visitor's", async () => {
  const settings = (cdp) => ({ page_views: "browser", tag: { kind: "boxever", library_url: cdp.url + LIBRARY } });
  const scripts = { [LIBRARY]: await bundle("boxever.js") };
  await inShop("", async (shop) => {
    const act = () => shop.cdp.arrived(({ url }) => url.includes("/event/create.json"));
    await visitPage(chrome, shop, { page: PAGE, act });
    const sent = shop.cdp.requests.filter(({ url }) => url !== LIBRARY);
    sent.forEach(assertNothingPrivate);
    assert.deepEqual(sent.map(({ url }) => url.split("?")[0]), ["/v1.2/browser/create.json", "/v1.2/event/create.json"]);
    const { searchParams } = new URL(sent[1].url, shop.own);
    assert.deepEqual(JSON.parse(searchParams.get("message")), {
      type: "VIEW", browser_id: BROWSER_ID, channel: "WEB", currency: "EUR", language: "EN", page: "/shop/shoe", pos: "shop/ie",
      referrer: "https://google.test/q", utm_campaign: "c1", utm_medium: "email",
    });
  }, { settings, scripts });
});

await chrome.close();
finish();
