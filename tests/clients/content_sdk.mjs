// @sitecore-content-sdk 2.x with its server adapters: as cloudsdk.mjs, with the context id in a header, and the view of
// a bot.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { bothWays, finish, test } from "./lib/compare.mjs";
import { assertMapped } from "./lib/mapped.mjs";
import { CLIENT_KEY, CONTEXT_ID } from "./lib/site.mjs";

const require = createRequire(import.meta.url);
const { initContentSdk } = require("@sitecore-content-sdk/core");
const { analyticsPlugin, analyticsServerAdapter } = require("@sitecore-content-sdk/analytics-core");
const events = require("@sitecore-content-sdk/events");
const { personalize, personalizeServerAdapter, personalizeServerPlugin } = require("@sitecore-content-sdk/personalize");

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36";
const GOOGLEBOT = "Googlebot/2.1 (+http://www.google.com/bot.html)";

async function visit(edgeUrl) {
  const headers = { cookie: "a=b", "user-agent": CHROME, "x-forwarded-for": "203.0.113.7", host: "shop.test" };
  const request = { headers, url: "/p?utm_campaign=c1", method: "GET" };
  const cookies = [];
  const response = { setHeader: (name, value) => cookies.push([name, value]), getHeader: () => undefined };
  await initContentSdk({
    config: { contextId: CONTEXT_ID, siteName: "siteA", edgeUrl },
    plugins: [
      analyticsPlugin({ options: { enableCookie: true, cookieDomain: "shop.test" }, adapter: analyticsServerAdapter(request, response) }),
      events.eventsPlugin(),
      personalizeServerPlugin({ options: { enablePersonalizeCookie: true }, adapter: personalizeServerAdapter(request, response) }),
    ],
  });
  const common = { channel: "WEB", currency: "EUR", language: "EN", page: "home" };
  return {
    cookies,
    pageView: await events.pageView({ ...common, pageVariantId: "pv_1" }),
    identity: await events.identity({ ...common, identifiers: [{ id: "1", provider: "email" }] }),
    event: await events.event({ ...common, type: "CUSTOM_GOAL", custom: "z" }),
    form: await events.form("F1", "SUBMITTED", "inst1"),
    personalize: await personalize({ channel: "WEB", currency: "USD", friendlyId: "component_x*", language: "en", pageVariantIds: ["c_default", "c_v1"] }),
    bot: await events.botPageView({ page: "/p", language: "en", userAgent: GOOGLEBOT }),
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
