// Guest data through the Worker against the stand-in's REST API, which checks credentials, limits and shapes: XM's server
// registers, retrieves and updates people; a member's page shows their record; a form of XM's changes it.

import assert from "node:assert/strict";

import { STAND_IN_KEY, startStandIn } from "../browser/lib/stand_in.mjs";
import { finish, test } from "./lib/compare.mjs";
import { startWorker } from "./lib/site.mjs";

const KEY = "a-key-of-xms-server-0123456789abcdef";
const BROWSER = {
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
  accept: "text/html,application/xhtml+xml",
};
const FIELDS = { firstName: "FirstName", lastName: "LastName", phoneNumbers: "Phone", city: "City", ext: { newsletter: "Newsletter" } };

const standIn = await startStandIn();
const worker = await startWorker(
  { url: standIn.cdp },
  { XM_ORIGIN: standIn.xm, CDP_CLIENT_KEY: STAND_IN_KEY, CDP_API_TOKEN: "standin_api_token", XM_API_KEY: KEY },
  {
    decision_budget_ms: 5000, id_budget_ms: 5000, guest_fields: ["/firstName", "/city"],
    guest_updates: [{ path: "/account/profile", fields: FIELDS }],
  },
);
const site = worker.url.replace("/_cdp", "");
const jane = { guestType: "customer", firstName: "Jane", email: "jane@example.com", identifiers: [{ provider: "crm", id: "C-1" }] };

await test("a user is registered once, however often", async () => {
  await standIn.reset();
  const [created, first] = await xm("POST", "guests?createOrFind=true", jane);
  assert.equal(created, 201);
  const [found, again] = await xm("POST", "guests?createOrFind=true", jane);
  assert.deepEqual([found, again.ref], [200, first.ref]);
  const [, { items }] = await xm("GET", "guests?email=jane%40example.com");
  assert.equal(items.length, 1);
});

await test("details are retrieved by email, by identifier and by reference", async () => {
  const ref = await registered();
  for (const criterion of ["email=jane%40example.com", "provider=crm&id=C-1"]) {
    const [status, { items }] = await xm("GET", `guests?${criterion}`);
    assert.equal(status, 200);
    assert.ok(JSON.stringify(items).includes(ref), criterion);
  }
  const [status, guest] = await xm("GET", `guests/${ref}`);
  assert.deepEqual([status, guest.firstName], [200, "Jane"]);
});

await test("details and the business's own fields are updated", async () => {
  const ref = await registered();
  assert.ok((await xm("PATCH", `guests/${ref}`, { city: "Cork" }))[0] < 300);
  const [, guest] = await xm("GET", `guests/${ref}`);
  assert.deepEqual([guest.firstName, guest.city], ["Jane", "Cork"]);
  const extensions = `guests/${ref}/extensions`;
  assert.equal((await xm("POST", extensions, { name: "ext", tier: "gold", points: 120 }))[0], 201);
  assert.ok((await xm("PATCH", `${extensions}/ext`, { points: 130 }))[0] < 300);
  const [, own] = await xm("GET", `${extensions}/ext`);
  assert.deepEqual([own.tier, own.points], ["gold", 130]);
  assert.ok((await xm("DELETE", `${extensions}/ext/fields?name=tier`))[0] < 300);
  const [, less] = await xm("GET", `${extensions}/ext`);
  assert.deepEqual([less.tier, less.points], [undefined, 130]);
  assert.ok((await xm("DELETE", `${extensions}/ext`))[0] < 300);
  assert.ok((await xm("DELETE", `guests/${ref}`))[0] < 300);
  assert.equal((await xm("GET", `guests/${ref}`))[0], 404);
});

await test("what is wrong is refused here, and the CDP is not asked", async () => {
  const ref = await registered();
  await fetch(`${standIn.cdp}/received`, { method: "DELETE" });
  const wrong = [
    ["GET", "guests?email=a%40b.example&limit=0"], ["GET", "guests?email=a%40b.example&limit=101"], ["GET", "guests"],
    ["GET", "guests/..%2f..%2fv2%2fcallFlows"], ["POST", `guests/${ref}/extensions`, { name: "ext9", a: 1 }],
    ["POST", `guests/${ref}/extensions`, { name: "ext", a: {} }], ["PATCH", `guests/${ref}`, { colour: "red" }],
  ];
  for (const [method, path, body] of wrong) {
    const [status, problem] = await xm(method, path, body);
    assert.ok(status === 400 || status === 404, `${method} ${path}: ${status}`);
    assert.equal(problem.status, status);
  }
  for (const headers of [{ authorization: "Bearer wrong" }, { authorization: `Bearer ${KEY}`, origin: "https://evil.example" }]) {
    const answer = await fetch(`${worker.url}/guests/${ref}`, { method: "DELETE", headers });
    assert.ok(answer.status === 401 || answer.status === 403);
  }
  assert.deepEqual(await standIn.received(), []);
  assert.equal((await xm("GET", `guests/${ref}`))[0], 200);
});

await test("a CDP that has too much to do is asked again as it says", async () => {
  const ref = await registered();
  await standIn.put("/faults", { paths: { "/v2.1/*": "status=429;header=Retry-After: 1;times=1" } });
  assert.equal((await xm("GET", `guests/${ref}`))[0], 200);
  await standIn.put("/faults", { paths: { "/v2.1/*": "status=503" } });
  const answer = await fetch(`${worker.url}/guests/${ref}`, { headers: { authorization: `Bearer ${KEY}` } });
  assert.equal(answer.status, 503);
  assert.ok(Number(answer.headers.get("retry-after")) > 0);
  await standIn.put("/faults", {});
});

await test("a member's page shows their own record, and their form changes it", async () => {
  await standIn.reset();
  await standIn.put("/site", { guest: true, cdp_events: true });
  const cookies = new Map();
  await visit(cookies, "/");
  await post(cookies, "/login", { Email: "jane@example.com", FirstName: "Jane", Password: "x" });
  const identified = (events) => events.some(({ type }) => type === "IDENTITY");
  await standIn.wait("the identity", () => standIn.events(), identified);
  await post(cookies, "/account/profile", { FirstName: "Jane", LastName: "Doe", Phone: "+353 1", City: "Cork", Newsletter: "true" });
  const patched = (requests) => requests.filter(({ outcome, path }) => outcome === "answered" && path.endsWith("/extensions")).length > 0;
  await standIn.wait("the changed record", () => standIn.received("path=/v2.1/*"), patched);
  const page = await visit(cookies, "/account");
  assert.match(page, /<p>Hello <b data-cdp-text="\/firstName">Jane<\/b><\/p>/);
  assert.match(page, /<span data-cdp-text="\/city">Cork<\/span>/);
  const { guests } = await standIn.state();
  const guest = guests.find(({ email }) => email === "jane@example.com");
  assert.ok(JSON.stringify(guest).includes('"newsletter":"true"'), JSON.stringify(guest));
  const stranger = await visit(new Map(), "/account");
  assert.ok(!stranger.includes("Cork"));
});

worker.stop();
standIn.stop();
finish();

/** What XM's server gets. */
async function xm(method, path, body) {
  const headers = { authorization: `Bearer ${KEY}`, ...(body && { "content-type": "application/json" }) };
  const answer = await fetch(`${worker.url}/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  return [answer.status, text === "" ? undefined : JSON.parse(text)];
}

/** Jane's reference, in a CDP that knows nobody else. */
async function registered() {
  await standIn.reset();
  return (await xm("POST", "guests?createOrFind=true", jane))[1].ref;
}

/** A page, and the cookies that come with it. */
async function visit(cookies, path, options = {}) {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const headers = { ...BROWSER, ...options.headers, ...(cookie && { cookie }) };
  const answer = await fetch(site + path, { redirect: "manual", ...options, headers });
  for (const line of answer.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
    cookies.set(name, value);
  }
  return answer.text();
}

function post(cookies, path, form) {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return visit(cookies, path, { method: "POST", headers, body: new URLSearchParams(form).toString() });
}
