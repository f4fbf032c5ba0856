// All that @sitecore-content-sdk does in a browser, in one visit.

import { analyticsBrowserAdapter, analyticsPlugin, getClientId } from "@sitecore-content-sdk/analytics-core";
import { initContentSdk } from "@sitecore-content-sdk/core";
import * as events from "@sitecore-content-sdk/events";
import { addToEventQueue, processEventQueue } from "@sitecore-content-sdk/events/browser";
import { personalize, personalizeBrowserAdapter, personalizeBrowserPlugin } from "@sitecore-content-sdk/personalize";

import { until } from "./until.js";

window.visit = async ({ base, contextId }) => {
  await initContentSdk({
    config: { contextId, siteName: "siteA", edgeUrl: base },
    plugins: [
      analyticsPlugin({ options: { enableCookie: true }, adapter: analyticsBrowserAdapter() }),
      events.eventsPlugin(),
      personalizeBrowserPlugin({ options: { enablePersonalizeCookie: true, webPersonalization: true }, adapter: personalizeBrowserAdapter() }),
    ],
  });
  await until(() => window.webFlows);
  const common = { channel: "WEB", currency: "EUR" };
  const results = {
    browserId: getClientId(),
    pageView: await events.pageView({ ...common, extensionData: { a: { b: 1 } }, searchData: { q: "s" } }),
    secondView: await events.pageView({ ...common, language: "DE", page: "second page", pageVariantId: "pv_1" }),
    identity: await events.identity({ ...common, email: "j@d.ie", firstName: "J\u00e4ne", identifiers: [{ id: "1", provider: "email" }] }),
    event: await events.event({ ...common, type: "VIDEO_PLAYED", custom: "z" }),
    form: await events.form("F1", "SUBMITTED", "inst1"),
    guestId: await window.scContentSDK.analytics_core.getProfileId(),
    personalize: await personalize({ ...common, friendlyId: "component_x*", params: { referrer: "r" }, pageVariantIds: ["c_default", "c_v1"] }),
  };
  await addToEventQueue({ ...common, type: "ADD", product: { item_id: "SKU1" } });
  await addToEventQueue({ ...common, type: "CLEAR_CART" });
  await processEventQueue();
  await until(() => sessionStorage.getItem("EventQueue") === null);
  return { ...results, cookie: document.cookie };
};
