// @sitecore/engage 1.4.3 on a server: through the Worker the CDP gets, byte for byte, what it gets directly.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { bothWays, finish, test } from "./lib/compare.mjs";
import { BROWSER_ID, CLIENT_KEY, POINT_OF_SALE } from "./lib/site.mjs";

const { initServer } = createRequire(import.meta.url)("@sitecore/engage");

const COMMON = { channel: "WEB", currency: "EUR", language: "EN", page: "home page", pos: POINT_OF_SALE };

/** A request as Node's http server has it. */
function inbound(cookie) {
  const headers = { cookie, "user-agent": "Mozilla/5.0 UA-of-visitor", "x-forwarded-for": "203.0.113.7", host: "shop.test" };
  return { headers, url: "/p?utm_campaign=c1&variantid=var1", method: "GET" };
}

function outbound() {
  const headers = {};
  return { headers, setHeader: (name, value) => (headers[name.toLowerCase()] = value) };
}

/** Everything that the client can do, in one visit. */
async function visit(targetURL) {
  const engage = initServer({ clientKey: CLIENT_KEY, targetURL, pointOfSale: POINT_OF_SALE, cookieDomain: ".shop.test", cookieExpiryDays: 365, forceServerCookieMode: true });
  const response = outbound();
  await engage.handleCookie(inbound("a=b"), response);
  const request = inbound(`a=b; bid_${CLIENT_KEY}=${BROWSER_ID}`);
  const identity = { ...COMMON, email: "j@d.ie", firstName: "J\u00e4ne", identifiers: [{ id: "123", provider: "BXLP", expiryDate: "2030-01-01T00:00" }] };
  const product = { type: "FOOD", item_id: "SKU1", name: "X", orderedAt: "2030-01-01T00:00:00.000Z", quantity: 1, price: 9.5, productId: "P1", currency: "EUR", referenceId: "R1" };
  const flow = { channel: "WEB", currency: "EUR", friendlyId: "home_page_banner", pointOfSale: POINT_OF_SALE };
  return {
    cookie: response.headers["set-cookie"],
    pageView: await engage.pageView({ ...COMMON, referrer: "https://ref.test/" }, request, { a: { b: 1, c: true }, arr: [1, 2] }),
    identity: await engage.identity(identity, request, { consent: true }),
    event: await engage.event("ADD", { ...COMMON, product }, request),
    form: await engage.event("FORM", { ...COMMON }, request, { formId: "f1", interactionType: "SUBMITTED" }),
    personalize: await engage.personalize({ ...flow, language: "EN", params: { cart_total: 10, cart_items: ["a"] } }, request),
    byEmail: await engage.personalize({ ...flow, email: "j@d.ie" }, request),
    byIdentifier: await engage.personalize({ ...flow, identifier: { id: "1", provider: "BXLP" } }, request),
  };
}

await test("a visit on a server", async () => {
  const { direct, directResult, result, through } = await bothWays(visit);
  assert.deepEqual(through, direct);
  assert.deepEqual(result, directResult);
  assert.equal(direct.length, 8);
  assert.ok(direct[0].url.endsWith("&message={}"), "the braces are raw");
});

await test("a base URL with a slash at its end", async () => {
  const slashed = (url) => visit(url.endsWith("/_cdp") ? `${url}/` : url);
  const { direct, directResult, result, through } = await bothWays(slashed);
  assert.deepEqual(through, direct);
  assert.deepEqual(result, directResult);
});

finish();
