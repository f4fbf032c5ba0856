// All that @sitecore/engage does in a browser, in one visit.

import { init } from "@sitecore/engage";

import { until } from "./until.js";

window.visit = async ({ base, clientKey, pointOfSale }) => {
  const engage = await init({
    clientKey, pointOfSale, targetURL: base, cookieExpiryDays: 365, forceServerCookieMode: false, includeUTMParameters: true,
    webPersonalization: { baseURLOverride: base },
  });
  await until(() => window.webFlows);
  const common = { channel: "WEB", currency: "EUR" };
  const identity = { ...common, email: "j@d.ie", firstName: "J\u00e4ne", identifiers: [{ id: "123", provider: "BXLP" }] };
  const results = {
    browserId: engage.getBrowserId(),
    pageView: await engage.pageView({ ...common }, { a: { b: 1, c: true }, arr: [1, 2] }),
    secondView: await engage.pageView({ ...common, language: "DE", page: "second page" }),
    identity: await engage.identity(identity, { consent: true }),
    event: await engage.event("VIDEO_PLAYED", { ...common, product: { item_id: "SKU1", price: 9.5 } }, { video: "spring" }),
    form: await engage.form("form1", "SUBMITTED"),
    guestId: await engage.getGuestId(),
    personalize: await engage.personalize({ ...common, friendlyId: "home_page_banner", params: { cart: { total: 10 } } }),
    byEmail: await engage.personalize({ ...common, friendlyId: "home_page_banner", email: "j@d.ie" }, 5000),
  };
  engage.addToEventQueue("ADD", { ...common, product: { item_id: "SKU1" } });
  engage.addToEventQueue("CLEAR_CART", { ...common });
  await engage.processEventQueue();
  return { ...results, cookie: document.cookie };
};
