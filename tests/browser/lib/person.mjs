// Somebody at a browser in the stand-in's shop. In: a page, what they do, and what must come of it at the CDP. It waits for that,
// never for time.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const SHOTS = join(resolve(dirname(fileURLToPath(import.meta.url)), "../../.."), "build/screenshots");

/** With what they log in. */
export const EMAIL = "jane@example.com";

/** An event without what is new in every visit, labelled by its type and, for a view, its page. */
function told({ type, arbitraryData: { browser_id: _, requested_at: __, ...data } }) {
  return { label: type === "VIEW" ? `VIEW ${data.page}` : type, data };
}

export class Person {
  events = [];
  errors = [];

  constructor(page, origin, standIn) {
    Object.assign(this, { page, origin, standIn });
    page.on("pageerror", (error) => this.errors.push(String(error)));
  }

  /** Does something, and waits until the CDP has `expected`, in any order, and nothing but that. */
  async step(expected, act) {
    await act();
    const known = this.events.length;
    const look = async () => (await this.standIn.events()).slice(known).map(told);
    const enough = (events) => events.length >= expected.length;
    const more = (await this.standIn.wait(String(expected), look, enough)).sort((a, b) => (a.label < b.label ? -1 : 1));
    assert.deepEqual(more.map(({ label }) => label), [...expected].sort());
    this.events.push(...more);
  }

  open(path) {
    return this.page.goto(this.origin + path, { waitUntil: "load" });
  }

  /** Clicks on the link with that text; on a phone the menu comes first. */
  async follow(text) {
    const link = this.page.getByRole("link", { name: text, exact: true }).first();
    if (!(await link.isVisible())) await this.page.getByRole("button", { name: "Menu" }).click();
    await link.click();
    await this.page.waitForLoadState("load");
  }

  async submitContact() {
    await this.page.fill("[name=Name]", "Jane");
    await this.page.fill("[name=Email]", EMAIL);
    await this.page.click("main button[type=submit]");
    await this.page.waitForURL("**/thank-you");
  }

  async logIn() {
    await this.page.fill("[name=Email]", EMAIL);
    await this.page.fill("[name=FirstName]", "Jane");
    await this.page.click("main button[type=submit]");
    await this.page.waitForURL("**/account");
  }

  /** As a script of the page sends an event. */
  async send(event) {
    const taken = await this.page.evaluate((event) => navigator.sendBeacon("/_cdp/event", JSON.stringify(event)), event);
    assert.ok(taken, "the browser did not take the beacon");
  }

  /** As a script of the page uses Sitecore's library. */
  async tellLibrary(type) {
    await this.page.waitForFunction(() => window.engage);
    await this.page.evaluate((type) => window.engage.event(type, { channel: "WEB", currency: "EUR" }), type);
  }

  async sees(text) {
    assert.ok((await this.page.locator("body").innerText()).includes(text), `"${text}" is not to be seen`);
  }

  /** What they see, in build/screenshots. */
  shot(name) {
    mkdirSync(SHOTS, { recursive: true });
    return this.page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }
}
