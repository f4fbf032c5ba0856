// Sitecore's script of Engage 1.4.3 for script tags, made of the npm package of the same version: it leaves `window.Engage`.

import { init } from "@sitecore/engage";

window.Engage = { init };
