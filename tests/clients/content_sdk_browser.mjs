// @sitecore-content-sdk 2.x in a browser: as cloudsdk_browser.mjs, with the context id in a header.

import { edgeClient } from "./lib/edge_client.mjs";

await edgeClient("content_sdk.js");
