// The calls of an Edge client as the direct API must get them. In: both lists of requests. It knows no call by name:
// paths lose Edge's own part, contexts go, empty keys are filled in, and nothing else changes.

import assert from "node:assert/strict";

import { POINT_OF_SALE } from "./site.mjs";

/** Fields of Edge's flows that the direct API does not know. */
const EDGE_ONLY = ["guestRef", "variants"];

/** Asserts that `through` is `direct` in the words of the direct API. */
export function assertMapped(through, direct, clientKey) {
  assert.equal(through.length, direct.length);
  direct.forEach((sent, at) => {
    const got = through[at];
    const [path, query = ""] = sent.url.split("?");
    const isFlow = path === "/v1/personalize";
    const expected = new URLSearchParams(query);
    for (const name of ["sitecoreContextId", "siteId"]) expected.delete(name);
    for (const name of ["client_key", "api_token"]) if (expected.has(name)) expected.set(name, clientKey);
    const [gotPath, gotQuery = ""] = got.url.split("?");
    assert.equal(gotPath, isFlow ? "/v2/callFlows" : path.replace("/v1/events", ""));
    assert.deepEqual([...new URLSearchParams(gotQuery)], [...expected]);
    assert.equal(got.method, sent.method);
    const { "x-sitecore-contextid": _, ...headers } = sent.headers;
    assert.deepEqual(got.headers, headers);
    if (sent.body === "") return assert.equal(got.body, "");
    const body = JSON.parse(sent.body);
    const [key, pos] = isFlow ? ["clientKey", "pointOfSale"] : ["client_key", "pos"];
    assert.deepEqual([body[key], body[pos]], ["", ""], "the client leaves them empty");
    Object.assign(body, { [key]: clientKey, [pos]: POINT_OF_SALE });
    if (isFlow) for (const name of EDGE_ONLY) delete body[name];
    // As text: the order of members stays too.
    assert.equal(got.body, JSON.stringify(body));
  });
}
