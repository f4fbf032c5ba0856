// @sitecore-cloudsdk 0.6.1 on a server. With a context id Sitecore's Edge gets, byte for byte, what it gets directly;
// without one the direct API gets the same calls, with key and point of sale filled in.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { bothWays, finish, test } from "./lib/compare.mjs";
import { BROWSER_ID, CLIENT_KEY, CONTEXT_ID, GUEST_REF } from "./lib/site.mjs";
import { assertMapped } from "./lib/mapped.mjs";

// CommonJS: the ES modules import without file extensions.
const require = createRequire(import.meta.url);
const { CloudSDK } = require("@sitecore-cloudsdk/core/server");
const events = require("@sitecore-cloudsdk/events/server");
const { personalize } = require("@sitecore-cloudsdk/personalize/server");

function inbound(cookie) {
  const headers = { cookie, "user-agent": "Mozilla/5.0 UA-of-visitor", "x-forwarded-for": "203.0.113.7", host: "shop.test" };
  return { headers, url: "/p?utm_campaign=c1", method: "GET" };
}

async function visit(sitecoreEdgeUrl) {
  const cookies = [];
  const response = { setHeader: (name, value) => cookies.push([name, value]) };
  const settings = { sitecoreEdgeUrl, sitecoreEdgeContextId: CONTEXT_ID, siteName: "siteA", enableServerCookie: true, cookieDomain: "shop.test" };
  await CloudSDK(inbound("a=b"), response, settings).addEvents().addPersonalize({ enablePersonalizeCookie: true }).initialize();
  const request = inbound(`a=b; sc_cid=${BROWSER_ID}; sc_cid_personalize=${GUEST_REF}`);
  const common = { channel: "WEB", currency: "EUR", language: "EN", page: "home" };
  return {
    cookies,
    pageView: await events.pageView(request, { ...common, pageVariantId: "pv_1", extensionData: { x: 1 }, searchData: { q: "s" } }),
    identity: await events.identity(request, { ...common, email: "j@d.ie", identifiers: [{ id: "1", provider: "email" }] }),
    event: await events.event(request, { ...common, type: "SC_SEARCH_VIEW", custom: "z", extensionData: { deep: { a: 1 } } }),
    personalize: await personalize(request, { channel: "WEB", currency: "USD", friendlyId: "embedded_abc_en", language: "en", params: { referrer: "r" }, pageVariantIds: ["v1", "v2"] }),
  };
}

await test("with a context id Edge gets the same", async () => {
  const vars = (cdp) => ({ SITECORE_EDGE_CONTEXT_ID: CONTEXT_ID, SITECORE_EDGE_ENDPOINT: cdp.url });
  const { direct, directResult, result, through } = await bothWays(visit, vars);
  assert.deepEqual(through, direct);
  assert.deepEqual(result, directResult);
  assert.deepEqual(result.personalize, { variantId: "v1" });
});

await test("without one the direct API gets the same calls", async () => {
  const { direct, directResult, result, through } = await bothWays(visit);
  assertMapped(through, direct, CLIENT_KEY);
  assert.deepEqual(result, directResult);
});

finish();
