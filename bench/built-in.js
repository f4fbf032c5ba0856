// xm-edge's main job as one would write it in JavaScript with the runtime's own HTMLRewriter: the yardstick of
// `cargo xtask bench`. It is spared what a production Worker also needs: nested components, fragments, trusted HTML, retries,
// consent, a log line, markup that is not well formed. And it knows each page's flows beforehand (FLOWS), where
// xm-edge finds them in the page.

const CONDITIONAL = ['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'range'];
const NOT_FOR_CACHES = [
  'accept-ranges', 'age', 'cdn-cache-control', 'cdp-event', 'cloudflare-cdn-cache-control', 'content-digest', 'content-encoding',
  'content-length', 'content-md5', 'digest', 'etag', 'expires', 'last-modified', 'surrogate-control',
];
const BOTS = /bot\b|crawl|spider|slurp|lighthouse|facebookexternalhit/i;
const XM_PATHS = /^\/(sitecore|-|~\/media|layouts)\//i;
const EDITING = /[?&]sc_(mode|debug|itemid)=/i;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SAFE_URL = /^(https?:|mailto:|tel:|\/(?!\/)|[^:/\\]*$)/i;
const COMPONENTS = '[data-cdp-experience],[data-cdp-experiment]';
const CHILDREN = '[data-cdp-experience] > *,[data-cdp-experiment] > *';
const MARKS = '[data-cdp-text],[data-cdp-if],[data-cdp-attr-href],[data-cdp-attr-src],[data-cdp-attr-alt]';
const ATTRIBUTES = ['href', 'src', 'alt'];

export default {
  fetch: (request, env, ctx) => personalise(request, env, ctx, fetch),
};

/** Answers with the visitor's own page; `pageOf` gives XM's for a request to XM. */
export async function personalise(request, env, ctx, pageOf) {
  const requestedAt = Date.now();
  const url = new URL(request.url);
  const toXm = new Request(env.XM_ORIGIN + url.pathname + url.search, request);
  if (!isPage(request, url)) return fetch(toXm);
  for (const name of CONDITIONAL) toXm.headers.delete(name);
  toXm.headers.set('accept-encoding', 'gzip, br');

  const budget = AbortSignal.timeout(env.SITE.decision_budget_ms);
  const fetching = pageOf(toXm);
  const visitor = { userAgent: request.headers.get('user-agent') ?? '', id: knownId(request, env) };
  const creating = visitor.id ? undefined : createId(env);
  const flows = new Map();
  for (const friendlyId of env.FLOWS[url.pathname] ?? []) {
    flows.set(friendlyId, decide(friendlyId, visitor, creating, env, budget));
  }
  const xm = await fetching;
  if (xm.status !== 200 || !/^text\/html/i.test(xm.headers.get('content-type') ?? '')) return xm;
  if (creating) visitor.id = await creating;

  const headers = new Headers(xm.headers);
  for (const name of NOT_FOR_CACHES) headers.delete(name);
  headers.set('cache-control', 'private, no-store');
  if (visitor.id) {
    const cookie = `bid_${env.CDP_CLIENT_KEY}=${visitor.id}; Max-Age=63072000; Path=/; SameSite=None; Secure; HttpOnly`;
    headers.append('set-cookie', cookie);
  }
  const page = new Page(flows, env);
  ctx.waitUntil(page.left.then(() => view(page, visitor, url, requestedAt, env)));
  return page.rewriter().transform(new Response(xm.body, { status: xm.status, statusText: xm.statusText, headers }));
}

function isPage(request, url) {
  return request.method === 'GET'
    && !request.headers.has('range')
    && !XM_PATHS.test(url.pathname)
    && !EDITING.test(url.search)
    && !BOTS.test(request.headers.get('user-agent') ?? '')
    && !request.headers.get('sec-purpose')?.includes('prefetch')
    && (request.headers.get('accept') ?? '').includes('text/html');
}

function knownId(request, env) {
  const name = `bid_${env.CDP_CLIENT_KEY}=`;
  const cookie = (request.headers.get('cookie') ?? '').split('; ').find((pair) => pair.startsWith(name));
  const id = cookie?.slice(name.length);
  return id && UUID.test(id) ? id : undefined;
}

async function createId(env) {
  try {
    const reply = await fetch(`${env.CDP_ENDPOINT}/v1.2/browser/create.json?client_key=${env.CDP_CLIENT_KEY}&message=%7B%7D`);
    return reply.ok ? (await reply.json()).ref : undefined;
  } catch {
    return undefined;
  }
}

async function decide(friendlyId, visitor, creating, env, signal) {
  try {
    const browserId = visitor.id ?? (await creating);
    const reply = await fetch(`${env.CDP_ENDPOINT}/v2/callFlows`, post(visitor, {
      clientKey: env.CDP_CLIENT_KEY,
      channel: env.SITE.channel,
      language: env.SITE.language,
      currencyCode: env.SITE.currency,
      pointOfSale: env.POINT_OF_SALE,
      friendlyId,
      browserId,
    }, signal));
    return reply.ok ? await reply.json() : undefined;
  } catch {
    return undefined;
  }
}

function post(visitor, body, signal) {
  const headers = { accept: 'application/json', 'content-type': 'application/json', 'user-agent': visitor.userAgent };
  return { method: 'POST', headers, body: JSON.stringify(body), signal };
}

async function view(page, visitor, url, requestedAt, env) {
  if (!visitor.id) return;
  const reply = await fetch(`${env.CDP_ENDPOINT}/v1.2/events`, post(visitor, {
    type: 'VIEW',
    channel: env.SITE.channel,
    language: env.SITE.language,
    currency: env.SITE.currency,
    page: page.name ?? url.pathname,
    pos: env.POINT_OF_SALE,
    browser_id: visitor.id,
    client_key: env.CDP_CLIENT_KEY,
    requested_at: new Date(requestedAt).toISOString(),
    ext: page.shown,
  }));
  await reply.text();
}

/** The handlers of one page. */
class Page {
  constructor(flows, env) {
    this.flows = flows;
    this.env = env;
    this.shown = {};
    this.current = undefined;
    this.left = new Promise((resolve) => { this.leave = resolve; });
  }

  rewriter() {
    return new HTMLRewriter()
      .on('meta[name="cdp:page"]', { element: (meta) => { this.name = meta.getAttribute('content'); } })
      .on(COMPONENTS, { element: (element) => this.component(element) })
      .on(CHILDREN, { element: (element) => this.child(element) })
      .on(MARKS, { element: (element) => this.marked(element) })
      .onDocument({ end: () => this.leave() });
  }

  async component(element) {
    const friendlyId = element.getAttribute('data-cdp-experience') ?? element.getAttribute('data-cdp-experiment');
    const decision = await this.flows.get(friendlyId);
    if (!decision) return;
    const id = decision.variantId;
    const variant = id && !id.endsWith('_default') ? id : undefined;
    this.current = { decision, variant };
    this.shown[friendlyId] = variant ?? 'control';
    element.setAttribute('data-cdp-shown', this.shown[friendlyId]);
    element.onEndTag(() => { this.current = undefined; });
  }

  child(element) {
    if (!this.current) return;
    const { variant } = this.current;
    const template = element.tagName === 'template' ? element.getAttribute('data-cdp-variant') : null;
    if (variant && template === variant) element.removeAndKeepContent();
    else if (variant || template !== null) element.remove();
  }

  marked(element) {
    if (!this.current) return;
    const { decision } = this.current;
    const condition = find(decision, element.getAttribute('data-cdp-if'));
    if (condition !== undefined && !condition) return void element.remove();
    for (const name of ATTRIBUTES) {
      const value = find(decision, element.getAttribute(`data-cdp-attr-${name}`));
      if (value !== undefined && (name === 'alt' || SAFE_URL.test(value))) element.setAttribute(name, value);
    }
    const text = find(decision, element.getAttribute('data-cdp-text'));
    if (text !== undefined) element.setInnerContent(String(text));
  }
}

/** RFC 6901. */
function find(decision, pointer) {
  if (!pointer) return undefined;
  let value = decision;
  for (const token of pointer.split('/').slice(1)) {
    value = value?.[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return value;
}
