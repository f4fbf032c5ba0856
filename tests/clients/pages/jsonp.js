// A page with Boxever's tag, and all that its library does, in one visit.

window.visit = async ({ base, clientKey, pointOfSale }) => {
  window._boxeverq = [];
  window._boxever_settings = {
    client_key: clientKey, target: `${base}/v1.2`, cookie_domain: "", cookie_expiry_in_days: 730, cookies_only: true, pointOfSale,
  };
  const ready = new Promise((done) => window._boxeverq.push(done));
  await import("./boxever.js");
  await ready;
  const { Boxever } = window;
  const browser_id = Boxever.getID();
  const common = { browser_id, channel: "WEB", language: "EN", currency: "EUR", pos: pointOfSale };
  const ask = (method, ...args) => new Promise((done) => Boxever[method](args[0], done, ...args.slice(1)));
  return {
    browserId: browser_id,
    view: await ask("eventCreate", Boxever.addUTMParams({ ...common, type: "VIEW", page: "shoe & 'boot' \u00e9" }), "json"),
    identity: await ask("eventCreate", { ...common, type: "IDENTITY", identifiers: [{ provider: "email", id: "j@d.ie" }] }, "json"),
    close: await ask("eventCreate", { ...common, type: "FORCE_CLOSE", _bx_extended_message: "1" }, "json"),
    show: await ask("browserShow", browser_id, clientKey),
    flow: await ask("callFlows", { clientKey, channel: "WEB", language: "EN", currencyCode: "EUR", pointOfSale, browserId: browser_id, friendlyId: "f" }),
    cookie: document.cookie,
  };
};
