// Runs the inline script of a tag, which stands in TAG_HTML, in a page without anything else, and checks what it loads
// and what it tells the library. Arguments: kind of tag, who counts page views.

import assert from "node:assert/strict";
import vm from "node:vm";

const [kind, views] = process.argv.slice(2);
const BASE = "https://shop.example/_cdp";
const POS = "shop/</script>é";
const [, nonce, code] = process.env.TAG_HTML.match(/<script nonce="(\w+)">(.*?)<\/script>/s);

const page = (globals = {}, loadedBefore = {}) => {
  const loaded = [];
  // What asks for an element with a certain source names the source in its selector.
  const querySelector = (selector) => Object.keys(loadedBefore).find((source) => selector.includes(source)) ?? null;
  const document = {
    currentScript: { nonce },
    createElement: (tag) => ({ tag }),
    documentElement: { lang: "de-AT" },
    head: { appendChild: (element) => loaded.push(element) },
    querySelector,
    referrer: "https://ref.example/q",
  };
  const window = { ...globals };
  const location = { host: "shop.example", pathname: "/shoes" };
  vm.runInNewContext(code, { window, document, location });
  return { window, loaded };
};
const plain = (value) => JSON.parse(JSON.stringify(value));

const run = {
  async boxever() {
    const { window, loaded } = page();
    assert.equal(window._boxever_settings.client_key, "CLIENTKEY");
    assert.equal(window._boxever_settings.target, `${BASE}/v1.2`);
    assert.equal(window._boxever_settings.pointOfSale, POS);
    assert.equal(window._boxever_settings.web_flow_target, BASE);
    fallsBack(loaded);
    const events = [];
    window.Boxever = {
      getID: () => "id",
      addUTMParams: (event) => ({ ...event, utm_source: "s" }),
      eventCreate: (event) => events.push(event),
    };
    window._boxeverq.forEach((queued) => queued());
    const view = {
      type: "VIEW", browser_id: "id", pos: POS, channel: "WEB", currency: "USD", language: "DE", page: "/shoes",
      referrer: "https://ref.example/q", utm_source: "s",
    };
    assert.deepEqual(plain(events), views === "browser" ? [view] : []);
    assert.deepEqual(page({ _boxever_settings: {} }).loaded, []);
  },

  async engage() {
    const { window, loaded } = page();
    fallsBack(loaded);
    const calls = [];
    const engage = { pageView: async (view) => calls.push(view) };
    window.Engage = { init: async (settings) => (calls.push(settings), engage) };
    loaded[0].onload();
    await new Promise(setImmediate);
    const [settings, view] = plain(calls);
    assert.equal(settings.clientKey, "CLIENTKEY");
    assert.equal(settings.targetURL, BASE);
    assert.equal(settings.pointOfSale, POS);
    assert.equal(settings.webPersonalization.baseURLOverride, BASE);
    assert.equal(window.engage, engage);
    const expected = { channel: "WEB", currency: "USD", page: "/shoes" };
    assert.deepEqual(view, views === "browser" ? expected : undefined);
    assert.deepEqual(page({ Engage: {} }).loaded, []);
    const refused = page();
    refused.window.Engage = { init: async () => Promise.reject(new Error("no id")) };
    refused.loaded[0].onload();
    await new Promise(setImmediate);
  },

  async gtm() {
    const dataLayer = [{ mine: 1 }];
    const { window, loaded } = page({ dataLayer });
    const [own, cdp, start] = window.dataLayer;
    assert.equal(own, dataLayer[0]);
    assert.deepEqual(plain(cdp), {
      cdp: { clientKey: "CLIENTKEY", targetURL: BASE, pointOfSale: POS, cookieDomain: null },
    });
    assert.equal(start.event, "gtm.js");
    assert.equal(typeof start["gtm.start"], "number");
    assert.deepEqual(loaded.map(({ src }) => src), ["https://www.googletagmanager.com/gtm.js?id=GTM-ABC123"]);
    assert.equal(loaded[0].nonce, "n0nce");
    assert.equal(loaded[0].async, true);
    // A script file of the page's own started the container, or is about to.
    for (const again of [page({ google_tag_manager: { "GTM-ABC123": {} } }), page({}, { "id=GTM-ABC123": true })]) {
      assert.deepEqual([again.loaded, again.window.dataLayer], [[], undefined]);
    }
    assert.equal(page({ google_tag_manager: { "GTM-OTHER": {} } }, { "id=GTM-OTHER": true }).loaded.length, 1);
  },
};

/** The library's own host first; when it is blocked, the first-party copy; then nothing more. */
function fallsBack(loaded) {
  assert.deepEqual(loaded.map(({ src }) => src), ["https://cdn.example/lib.js"]);
  loaded[0].onerror({});
  loaded[1].onerror({});
  assert.deepEqual(loaded.map(({ src }) => src), ["https://cdn.example/lib.js", `${BASE}/library.js`]);
  for (const script of loaded) assert.deepEqual([script.tag, script.async, script.nonce], ["script", true, "n0nce"]);
}

await run[kind]();
