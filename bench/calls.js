// The least that a page with these decisions can cost any Worker: the calls of built-in.js, for a page that is there already, whole and
// personalised (decisions are the same for everybody here). What `cargo xtask bench` shows beside a hit.

import { personalise } from './built-in.js';

const pages = new Map();

export default {
  async fetch(request, env, ctx) {
    const requestedAt = Date.now();
    const url = new URL(request.url);
    const ready = pages.get(url.pathname);
    if (!ready) return remember(await personalise(request, env, ctx, fetch), url, ctx);
    await Promise.all((env.FLOWS[url.pathname] ?? []).map((friendlyId) => call(env, '/v2/callFlows', request, { friendlyId })));
    ctx.waitUntil(call(env, '/v1.2/events', request, { type: 'VIEW', requested_at: new Date(requestedAt).toISOString() }));
    return new Response(ready.bytes, { headers: ready.headers });
  },
};

function remember(response, url, ctx) {
  const kept = response.clone();
  ctx.waitUntil(kept.arrayBuffer().then((bytes) => pages.set(url.pathname, { bytes, headers: [...kept.headers] })));
  return response;
}

async function call(env, path, request, fields) {
  const browserId = request.headers.get('cookie')?.split('=')[1];
  const body = JSON.stringify({ clientKey: env.CDP_CLIENT_KEY, pointOfSale: env.POINT_OF_SALE, browserId, ...fields });
  const headers = { accept: 'application/json', 'content-type': 'application/json', 'user-agent': request.headers.get('user-agent') ?? '' };
  const reply = await fetch(env.CDP_ENDPOINT + path, { method: 'POST', headers, body });
  return reply.json();
}
