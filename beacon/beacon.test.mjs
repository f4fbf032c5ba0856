// What the minified beacon sends, in a page of a few fake elements.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import vm from "node:vm";

const CODE = await readFile(new URL("../core/src/tag/beacon.min.js", import.meta.url), "utf8");
const ENDPOINT = "https://shop.example/_cdp/event";

/** An element that knows its tag name, its mark with data, and its parent. */
class FakeElement {
  constructor(tag, goal = null, ext = null, parent = null) {
    Object.assign(this, { tag, parent });
    this.attributes = { "data-cdp-goal": goal, "data-cdp-goal-ext": ext };
  }

  closest(selector) {
    assert.equal(selector, "[data-cdp-goal]:not(form)");
    let element = this;
    while (element && (element.tag === "form" || element.attributes["data-cdp-goal"] === null)) {
      element = element.parent;
    }
    return element;
  }

  getAttribute(name) {
    return this.attributes[name];
  }

  matches(selector) {
    assert.equal(selector, "form[data-cdp-goal]");
    return this.tag === "form" && this.attributes["data-cdp-goal"] !== null;
  }
}

const marked = (tag, goal, parent = null) => new FakeElement(tag, goal, null, parent);
const plain = (tag, parent = null) => new FakeElement(tag, null, null, parent);

/** A page with the beacon; `page` says what differs from a plain one. */
function open(page = {}) {
  const listeners = {};
  const listen = (capture) => (type, listener, capturing = false) => {
    assert.equal(capturing, capture, `${type} is listened to in the right phase`);
    listeners[type] = listener;
  };
  const beacons = [];
  const fetches = [];
  const document = {
    currentScript: { src: "https://shop.example/_cdp/goals.js?v=1", dataset: page.script ?? {} },
    documentElement: { lang: page.lang ?? "en-IE" },
    querySelector: () => (page.meta ? { content: page.meta } : null),
    addEventListener: listen(true),
    get cookie() {
      throw new Error("cookies are read");
    },
  };
  const context = {
    document,
    Element: FakeElement,
    location: { pathname: page.path ?? "/shoes" },
    navigator: {
      sendBeacon: (url, body) => {
        if (page.blocked) throw new Error("blocked");
        beacons.push({ url, body });
        return !page.full;
      },
    },
    fetch: async (url, options) => {
      fetches.push({ url, ...options });
      if (page.offline) throw new Error("offline");
    },
    addEventListener: listen(false),
    setTimeout,
    URL,
  };
  const before = Object.keys(context);
  vm.runInNewContext(CODE, context);
  assert.deepEqual(Object.keys(context), before, "no global is left");
  return {
    beacons,
    fetches,
    sent: () => beacons.map(({ body }) => JSON.parse(body)),
    click: (target, button = 0) => listeners[button ? "auxclick" : "click"]({ target, button }),
    submit: (target) => listeners.submit({ target }),
    leave: () => listeners.pagehide({}),
  };
}

const task = () => new Promise((resolve) => setTimeout(resolve, 1));

test("a click on a marked element sends its goal to the endpoint beside the script", () => {
  const page = open();
  page.click(new FakeElement("a", "BROCHURE", '{"size":"A4"}'));
  assert.equal(page.beacons[0].url, ENDPOINT);
  assert.deepEqual(page.sent(), [{ type: "BROCHURE", page: "/shoes", language: "EN", ext: { size: "A4" } }]);
  assert.deepEqual(page.fetches, []);
});

test("a click on something inside counts for the nearest mark", () => {
  const page = open();
  const outer = marked("div", "OUTER");
  const inner = marked("button", "INNER", outer);
  page.click(plain("svg", inner));
  assert.deepEqual(page.sent().map(({ type }) => type), ["INNER"]);
});

test("what is not marked, or no element, sends nothing", () => {
  const page = open();
  page.click(plain("button"));
  page.click({});
  page.click(marked("button", ""));
  page.click(marked("button", "MENU"), 2);
  page.submit(plain("form"));
  assert.deepEqual(page.sent(), []);
});

test("the middle button counts as a click", () => {
  const page = open();
  page.click(marked("a", "BROCHURE"), 1);
  assert.equal(page.sent().length, 1);
});

test("a marked form counts when it is submitted, not when it is clicked", () => {
  const page = open();
  const form = marked("form", "SIGNUP");
  page.click(plain("input", form));
  assert.deepEqual(page.sent(), []);
  page.submit(form);
  assert.deepEqual(page.sent().map(({ type }) => type), ["SIGNUP"]);
});

test("a marked button in a marked form counts as both", () => {
  const page = open();
  const form = marked("form", "SIGNUP");
  page.click(marked("button", "PRESSED", form));
  page.submit(form);
  assert.deepEqual(page.sent().map(({ type }) => type), ["PRESSED", "SIGNUP"]);
});

test("the two clicks of a label are one activation, the next click is another", async () => {
  const page = open();
  const label = marked("label", "OPT_IN");
  page.click(label);
  page.click(plain("input", label));
  assert.equal(page.sent().length, 1);
  await task();
  page.click(label);
  assert.equal(page.sent().length, 2);
});

test("data that is no JSON object does not cost the goal", () => {
  for (const ext of ["{size:1}", "", "null", "1", "[1]"]) {
    const page = open();
    page.click(new FakeElement("a", "BROCHURE", ext));
    assert.deepEqual(page.sent(), [{ type: "BROCHURE", page: "/shoes", language: "EN" }], ext);
  }
});

test("a form may have fields named like the DOM's own methods", () => {
  const page = open();
  const field = plain("input");
  page.submit(Object.assign(marked("form", "SIGNUP"), { matches: field, getAttribute: field, closest: field }));
  assert.equal(page.sent().length, 1);
});

test("page and language are the ones of the page's own VIEW", () => {
  const goal = () => marked("a", "G");
  const cases = [
    [{ meta: "Home" }, { page: "Home", language: "EN" }],
    [{ lang: "" }, { page: "/shoes" }],
    [{ lang: "1x" }, { page: "/shoes" }],
    [{ script: { language: "DE" } }, { page: "/shoes", language: "DE" }],
    [{ path: `/${"a".repeat(600)}` }, { page: `/${"a".repeat(511)}`, language: "EN" }],
  ];
  for (const [settings, expected] of cases) {
    const page = open(settings);
    page.click(goal());
    assert.deepEqual(page.sent(), [{ type: "G", ...expected }]);
  }
});

test("a beacon that the browser does not take goes as a request that outlives the page", () => {
  for (const settings of [{ full: true }, { blocked: true }]) {
    const page = open(settings);
    page.click(marked("a", "G"));
    const [{ url, method, keepalive, body }] = page.fetches;
    assert.deepEqual([url, method, keepalive], [ENDPOINT, "POST", true]);
    assert.equal(JSON.parse(body).type, "G");
  }
});

test("what could not be sent is tried once more when the page is left", async () => {
  const settings = { blocked: true, offline: true };
  const page = open(settings);
  page.click(marked("a", "G"));
  await task();
  settings.blocked = false;
  page.leave();
  page.leave();
  assert.deepEqual(page.sent().map(({ type }) => type), ["G"]);
});

test("a script without a URL of its own does nothing", () => {
  vm.runInNewContext(CODE, { document: { currentScript: null } });
});
