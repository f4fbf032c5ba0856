// What holds for every client of Sitecore's Edge in a browser. In: its page script. Out: the checks, and the end of the script.

import assert from "node:assert/strict";

import { startChromium } from "../../browser/lib/chromium.mjs";
import { finish, test } from "./compare.mjs";
import { assertMapped } from "./mapped.mjs";
import { bothWaysInBrowser, bundle, inShop } from "./page.mjs";
import { BROWSER_ID, CLIENT_KEY, CONTEXT_ID, GUEST_REF } from "./site.mjs";

const HOSTS = ["www.shop.localhost", "m.shop.localhost"];

/** Runs all checks. */
export async function edgeClient(page) {
  const chrome = await startChromium();
  const script = await bundle(page);
  const vars = (cdp) => ({ SITECORE_EDGE_CONTEXT_ID: CONTEXT_ID, SITECORE_EDGE_ENDPOINT: cdp.url });
  for (const host of HOSTS) {
    await test(`with a context id Edge gets the same, from ${host}`, () =>
      inShop(script, async (shop) => {
        const { direct, directResult, preflights, result, through } = await bothWaysInBrowser(chrome, shop, host);
        assert.deepEqual(through, direct);
        assert.deepEqual(result, directResult);
        assert.equal(preflights.length > 0, host !== HOSTS[0], "who is asked first");
        assertWhole(result, direct);
      }, { vars }));

    await test(`without one the direct API gets the same calls, from ${host}`, () =>
      inShop(script, async (shop) => {
        const { direct, directResult, result, through } = await bothWaysInBrowser(chrome, shop, host);
        // Where the script of web experiences is, the Worker says itself.
        assertMapped(through, direct.filter(({ url }) => !url.includes("/cdn-url")), CLIENT_KEY);
        assert.deepEqual(result, directResult);
        assertWhole(result, direct);
      }));
  }
  await chrome.close();
  finish();
}

/** The client did everything, and nothing of it failed silently. */
function assertWhole(result, direct) {
  assert.equal(result.browserId, BROWSER_ID);
  assert.equal(result.guestId, GUEST_REF);
  assert.deepEqual(result.personalize, { variantId: "v1" });
  for (const [name, value] of Object.entries(result)) assert.ok(value, `${name} gave nothing`);
  const count = (part) => direct.filter(({ url }) => url.includes(part)).length;
  assert.deepEqual(
    ["/create.json", "/cdn-url", "/web-flow-libs/", "/v1.2/events", "/show.json"].map(count),
    [1, 1, 1, 7, 1],
  );
  const flows = direct.filter(({ url }) => url.startsWith("/v1/personalize?"));
  assert.ok(flows.some(({ body }) => JSON.parse(body).variants?.length === 2), "what Edge alone knows was sent");
}
