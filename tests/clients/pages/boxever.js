// A library of our own that calls the CDP as Boxever JS 1.4.x does, which is in no npm package: all calls are scripts
// (JSONP), `_boxeverq` runs when there is an id, and the id is kept in `bid_{client key}`.

const settings = window._boxever_settings;
const cookie = `bid_${settings.client_key}`;
const { target } = settings;
/** The other versions of the API are beside it. */
const api = target.slice(0, target.indexOf("/v"));
let calls = 0;

function jsonp(url) {
  return new Promise((done, failed) => {
    const name = `jsonp${Date.now()}${calls++}`;
    window[name] = done;
    const script = document.createElement("script");
    script.src = `${url}&callback=${name}`;
    script.onerror = () => failed(new Error(url.split("?")[0]));
    document.head.append(script);
  });
}

function message(object) {
  return encodeURIComponent(JSON.stringify(object));
}

function kept() {
  return document.cookie.split("; ").find((pair) => pair.startsWith(`${cookie}=`))?.slice(cookie.length + 1);
}

function keep(id) {
  const expires = new Date(Date.now() + settings.cookie_expiry_in_days * 864e5).toUTCString();
  const domain = settings.cookie_domain ? `;domain=${settings.cookie_domain}` : "";
  const text = `${cookie}=${encodeURI(id)};expires=${expires};path=/${domain}`;
  document.cookie = text;
  document.cookie = `${text};SameSite=None;Secure`;
}

async function browserId() {
  if (!kept()) {
    const reply = await jsonp(`${target}/browser/create.json?client_key=${settings.client_key}&message=%7B%7D`);
    keep(reply.ref);
  }
  return kept();
}

const id = browserId();

window.Boxever = {
  getID: kept,
  addUTMParams(event) {
    for (const [name, value] of new URLSearchParams(location.search)) if (name.startsWith("utm_")) event[name] = value;
    return event;
  },
  eventCreate(event, done) {
    const query = `client_key=${settings.client_key}&message=${message(event)}&boxever_version=1.4.8`;
    return jsonp(`${target}/event/create.json?${query}`).then(done);
  },
  browserShow(browserId, done, token) {
    return jsonp(`${target}/browser/${browserId}/show.json?client_key=${settings.client_key}&api_token=${token}`).then(done);
  },
  callFlows(call, done) {
    return jsonp(`${api}/v2/callFlows?message=${message(call)}`).then(done);
  },
};

id.then(() => {
  const run = (task) => task();
  (window._boxeverq ?? []).forEach(run);
  window._boxeverq = { push: run };
});
