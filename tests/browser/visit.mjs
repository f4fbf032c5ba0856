// One person in the shop, and what the CDP knows of them in the end: anonymous, a goal, a form, identified, gone. In: the built
// Worker, the stand-in, Sitecore's library, a real Chromium. With an ad blocker, on a phone, without JavaScript: nothing is lost.

import assert from "node:assert/strict";
import { createServer } from "node:http";

import { finish, test } from "../clients/lib/compare.mjs";
import { bundle } from "../clients/lib/page.mjs";
import { listen, startWorker } from "../clients/lib/site.mjs";
import { blockAds } from "./lib/ad_blocker.mjs";
import { DESKTOP, PHONE, USER_AGENT, startChromium } from "./lib/chromium.mjs";
import { EMAIL, Person } from "./lib/person.mjs";
import { STAND_IN_KEY, startStandIn } from "./lib/stand_in.mjs";

const LIBRARY = "/sitecore-engage-v.1.4.3.min.js";

/** XM knows nothing of the CDP: the configuration says who logs in and out, and what is a goal. */
const BY_RULES = {
  goal_script: "goals.js",
  identities: [{ path: "/login", provider: "email", id: "Email", fields: { email: "Email", firstname: "FirstName" } }],
  goals: [
    { path: "/thank-you", event: "ENQUIRY" },
    { path: "/logout", event: "LOGOUT" },
  ],
};
/** XM says who logs in and out, with the header CDP-Event. */
const BY_HEADER = { goal_script: "goals.js", goals: [{ path: "/thank-you", event: "ENQUIRY" }] };

const chrome = await startChromium();
const standIn = await startStandIn();
const code = await bundle("engage_library.js");
const elsewhere = await listen(createServer((_, response) => response.writeHead(200, { "content-type": "text/javascript" }).end(code)));

for (const [name, rules, viewport] of [["rules", BY_RULES, DESKTOP], ["header", BY_HEADER, PHONE]]) {
  await test(`nothing is lost behind an ad blocker (${name})`, async () => {
    const free = await wholeVisit({ rules, viewport, name });
    assert.deepEqual(free.blocked, []);
    const blocked = await wholeVisit({ rules, viewport, name: `${name}-blocked`, withBlocker: true });
    assert.ok(blocked.blocked.includes(elsewhere.url + LIBRARY), `the library's own host: ${blocked.blocked}`);
    assert.deepEqual(blocked.events, free.events);
  });
}

await test("without JavaScript page views and forms count", async () => {
  await inShop({ rules: BY_RULES, options: { javaScriptEnabled: false }, withBlocker: true }, async (person) => {
    await person.step(["VIEW home"], () => person.open("/"));
    await person.step(["VIEW contact"], () => person.follow("Contact"));
    await person.step(["ENQUIRY", "VIEW thank you"], () => person.submitContact());
    await person.step(["VIEW login"], () => person.follow("Sign in"));
    await person.step(["IDENTITY", "VIEW account"], () => person.logIn());
    await assertOneVisit();
    await person.step(["VIEW home"], () => person.follow("Sign out"));
    await assertSomebodyElse();
  });
});

await test("events of browser and edge are one session, and FORCE_CLOSE ends it", async () => {
  await inShop({ rules: { ...BY_HEADER, page_views: "browser" }, withBlocker: true }, async (person) => {
    await person.step(["VIEW home"], () => person.open("/"));
    await person.step(["VIEW login"], () => person.follow("Sign in"));
    await person.step(["IDENTITY", "VIEW account"], () => person.logIn());
    await assertOneVisit();
    const byBrowser = await standIn.received("path=/v1.2/events");
    assert.equal(byBrowser.filter(({ headers }) => headers["x-library-version"] === "1.4.3").length, 3, "the VIEWs are the library's");
    await person.send({ type: "FORCE_CLOSE" });
    const closed = ({ sessions }) => sessions.length === 1 && sessions[0].status === "CLOSED";
    await standIn.wait("the session's end", () => standIn.state(), closed);
    await person.step(["VIEW home"], () => person.open("/"));
    const { guests, sessions } = await standIn.state();
    assert.deepEqual(sessions.map(({ status }) => status), ["CLOSED", "OPEN"]);
    assert.deepEqual(sessions.map(({ guestRef }) => guestRef), [guests[0].ref, guests[0].ref]);
  });
});

await chrome.close();
elsewhere.stop();
standIn.stop();
finish();

/** A visit with everything in it; gives the events and what was blocked. */
function wholeVisit({ rules, viewport, name, withBlocker = false }) {
  return inShop({ rules, options: { viewport }, withBlocker }, async (person) => {
    await person.step(["VIEW home"], () => person.open("/?utm_campaign=spring"));
    await person.shot(`visit-${name}-anonymous`);
    await person.step(["VIEW products"], () => person.follow("Gear"));
    await person.step(["SIZE_GUIDE"], () => person.tellLibrary("SIZE_GUIDE"));
    await person.step(["VIDEO_PLAYED"], () => person.send({ type: "VIDEO_PLAYED", ext: { video: "bench" } }));
    await person.step(["VIEW landing summer"], () => person.follow("Summer"));
    await person.step(["SUMMER_KIT", "VIEW products"], () => person.follow("Get the kit"));
    await person.step(["VIEW contact"], () => person.follow("Contact"));
    await person.step(["CONTACT", "ENQUIRY", "VIEW thank you"], () => person.submitContact());
    await person.step(["VIEW login"], () => person.follow("Sign in"));
    await person.step(["IDENTITY", "VIEW account"], () => person.logIn());
    await person.step(["VIEW home"], () => person.open("/"));
    await person.shot(`visit-${name}-identified`);
    await person.sees("Welcome back, Jane");
    await assertOneVisit();
    await person.step(["VIEW account"], () => person.open("/account"));
    await person.step(["VIEW home"], () => person.follow("Sign out"));
    await person.shot(`visit-${name}-gone`);
    await assertSomebodyElse();
  });
}

/** One guest, one session, everything in it: nothing is somebody else's. */
async function assertOneVisit() {
  const { browsers, droppedEvents, guests, sessions } = await standIn.state();
  assert.deepEqual([browsers.length, guests.length, sessions.length, droppedEvents], [1, 1, 1, 0]);
  const [{ guestType, identifiers, email, firstName, ref }] = guests;
  assert.deepEqual([guestType, email, firstName], ["customer", EMAIL, "Jane"]);
  assert.deepEqual(identifiers, [{ provider: "email", id: EMAIL }]);
  const [{ channel, guestRef, pos, status }] = sessions;
  assert.deepEqual([channel, pos, status, guestRef], ["WEB", "shop/ie", "OPEN", ref]);
}

/** After the logout the browser is a new visitor, who has seen one page. */
async function assertSomebodyElse() {
  const { browsers, guests, sessions } = await standIn.state();
  assert.deepEqual([browsers.length, guests.length, sessions.length], [2, 2, 2]);
  assert.deepEqual(guests.map(({ guestType }) => guestType).sort(), ["customer", "visitor"]);
  const views = ({ type }) => type === "VIEW";
  assert.deepEqual(sessions[1].events.filter(views).map(({ arbitraryData }) => arbitraryData.page), ["home"]);
  assert.notEqual(sessions[1].guestRef, sessions[0].guestRef);
}

/** Opens the shop for a new person, with Engage as the Worker's tag; gives what happened. */
async function inShop({ rules, options = {}, withBlocker }, visit) {
  await standIn.reset();
  await standIn.put("/site", { cdp_events: rules.identities === undefined });
  await standIn.put("/flows/summer_landing_test/force", { force: "price" });
  const tag = { kind: "engage", library_url: elsewhere.url + LIBRARY };
  const worker = await startWorker(
    { url: standIn.cdp },
    { XM_ORIGIN: standIn.xm, CDP_CLIENT_KEY: STAND_IN_KEY },
    { decision_budget_ms: 5000, id_budget_ms: 5000, tag, ...rules },
  );
  const host = `www.shop.localhost:${worker.port}`;
  const context = await chrome.newContext({ userAgent: USER_AGENT, viewport: DESKTOP, ...options });
  try {
    const blocked = withBlocker ? await blockAds(context, host) : [];
    const person = new Person(await context.newPage(), `http://${host}`, standIn);
    await visit(person);
    assert.deepEqual(person.errors, []);
    return { events: person.events, blocked };
  } finally {
    await context.close();
    worker.stop();
  }
}
