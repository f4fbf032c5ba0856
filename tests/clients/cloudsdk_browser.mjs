// @sitecore-cloudsdk 0.6.1 in a browser: with a context id Sitecore's Edge gets, byte for byte, what it gets directly;
// without one the direct API gets the same calls.

import { edgeClient } from "./lib/edge_client.mjs";

await edgeClient("cloudsdk.js");
