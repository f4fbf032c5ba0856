// All that @sitecore-cloudsdk does in a browser, in one visit.

import { CloudSDK, getBrowserId, getGuestId } from "@sitecore-cloudsdk/core/browser";
import * as events from "@sitecore-cloudsdk/events/browser";
import { personalize } from "@sitecore-cloudsdk/personalize/browser";

import { until } from "./until.js";

window.visit = async ({ base, contextId }) => {
  const settings = { sitecoreEdgeUrl: base, sitecoreEdgeContextId: contextId, siteName: "siteA", enableBrowserCookie: true };
  CloudSDK(settings).addEvents().addPersonalize({ enablePersonalizeCookie: true, webPersonalization: true }).initialize();
  await until(() => window.webFlows && document.cookie.includes("sc_cid_personalize="));
  const common = { channel: "WEB", currency: "EUR" };
  const results = {
    browserId: getBrowserId(),
    pageView: await events.pageView({ ...common, extensionData: { a: { b: 1 } }, searchData: { q: "s" } }),
    secondView: await events.pageView({ ...common, language: "DE", page: "second page", pageVariantId: "pv_1" }),
    identity: await events.identity({ ...common, email: "j@d.ie", firstName: "J\u00e4ne", identifiers: [{ id: "1", provider: "email" }] }),
    event: await events.event({ ...common, type: "VIDEO_PLAYED", custom: "z", extensionData: { deep: { a: 1 } } }),
    form: await events.form("F1", "SUBMITTED", "inst1"),
    guestId: await getGuestId(),
    personalize: await personalize({ ...common, friendlyId: "embedded_abc_en", params: { referrer: "r" }, pageVariantIds: ["v1", "v2"] }),
    withGeo: await personalize({ ...common, friendlyId: "embedded_abc_en", geo: { city: "Dublin", country: "IE" } }, { timeout: 5000 }),
  };
  await events.addToEventQueue({ ...common, type: "ADD", product: { item_id: "SKU1" } });
  await events.addToEventQueue({ ...common, type: "CLEAR_CART" });
  await events.processEventQueue();
  await until(() => sessionStorage.getItem("EventQueue") === null);
  return { ...results, cookie: document.cookie };
};
