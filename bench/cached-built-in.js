// The same Worker (built-in.js) for pages that caches may keep: XM's page comes from the Cache API of the data centre, as XM
// sent it, and is personalised for each visitor. The yardstick of what `cargo xtask bench` calls a hit.

import { personalise } from './built-in.js';

const FOR_ONE_VISITOR = /\b(private|no-store|no-cache)\b/i;

export default {
  fetch: (request, env, ctx) => personalise(request, env, ctx, (toXm) => kept(toXm, ctx)),
};

/** XM's page from the cache; from XM, and into the cache, if it is not there. */
async function kept(toXm, ctx) {
  // By its URL alone: the visitor's headers are none of the page's.
  const hit = await caches.default.match(toXm.url);
  if (hit) return hit;
  const xm = await fetch(toXm);
  if (isForAll(xm)) ctx.waitUntil(caches.default.put(toXm.url, xm.clone()));
  return xm;
}

function isForAll(xm) {
  const caching = xm.headers.get('cache-control') ?? '';
  return xm.status === 200 && !xm.headers.has('set-cookie') && /\bmax-age=/i.test(caching) && !FOR_ONE_VISITOR.test(caching);
}
