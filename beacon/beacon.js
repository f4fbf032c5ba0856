// Sends the goals that a page marks with `data-cdp-goal`: a click on a marked element, the submit of a marked form.
//
// In: the page, and this script's own URL. Out: one POST to `event` beside it for each activation. It reads no cookie,
// leaves no global and never stops what the visitor is doing.

const script = document.currentScript;

if (script) {
  const endpoint = new URL("event", script.src).href;
  // What could not be sent; the page gets one more chance when it is left.
  const unsent = [];
  // Elements of which this task has already told: a click on a label is two clicks.
  const told = new Set();

  // A form's own properties may be fields of these names.
  const { closest, getAttribute, matches } = Element.prototype;

  const post = (body) => {
    try {
      // A plain text, so that no browser asks for a preflight; it is sent even when the page is left at once.
      if (navigator.sendBeacon(endpoint, body)) return;
    } catch {
      // No such function, or an ad blocker's.
    }
    fetch(endpoint, { method: "POST", body, keepalive: true }).catch(() => unsent.push(body));
  };

  const tell = (element) => {
    if (told.has(element)) return;
    told.add(element);
    setTimeout(() => told.clear());

    const type = getAttribute.call(element, "data-cdp-goal");
    if (!type) return;
    const name = document.querySelector('meta[name="cdp:page"]');
    const event = { type, page: ((name && name.content) || location.pathname).slice(0, 512) };
    const language = script.dataset.language || document.documentElement.lang.slice(0, 2).toUpperCase();
    if (/^[A-Z]{2}$/.test(language)) event.language = language;
    try {
      const ext = JSON.parse(getAttribute.call(element, "data-cdp-goal-ext"));
      if (ext && typeof ext == "object" && !Array.isArray(ext)) event.ext = ext;
    } catch {
      // The goal counts without its data.
    }
    post(JSON.stringify(event));
  };

  // Before the page's own handlers, which may stop the event.
  const listen = (type, listener) => document.addEventListener(type, listener, true);

  const click = ({ target, button }) => {
    // The middle button opens a link too, the right one nothing.
    if (button > 1 || !(target instanceof Element)) return;
    const element = closest.call(target, "[data-cdp-goal]:not(form)");
    if (element) tell(element);
  };

  listen("click", click);
  listen("auxclick", click);
  listen("submit", ({ target }) => {
    if (matches.call(target, "form[data-cdp-goal]")) tell(target);
  });
  addEventListener("pagehide", () => unsent.splice(0).forEach(post));
}
