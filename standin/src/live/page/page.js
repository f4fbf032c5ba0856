'use strict';
// In: the stand-in's endpoints and its event stream. Out: this page. What comes from outside is only ever text, never markup.

const config = JSON.parse(document.getElementById('config').textContent);
const byId = (id) => document.getElementById(id);

/** An element with attributes and children; strings become text. */
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

async function call(method, path, body) {
  const reply = await fetch(path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(text.trim() || `${reply.status}`);
  return text ? JSON.parse(text) : null;
}

const many = (n, word) => `${n} ${word}${n === 1 ? '' : 's'}`;
const short = (id) => (id || '').slice(0, 8);
const clock = (at) => new Date(at).toLocaleTimeString('en-GB');

// ---- Live -------------------------------------------------------------------------------------------------------

const KEPT = 300;
const feed = byId('feed');
let shown = 'story';
let paused = false;
let waiting = [];

/** A row; `kinds` say under which of the choices it appears. */
function row({ at, kinds, label, tone, what, small, who, detail }) {
  const body = el('pre');
  const details = el('details', {
    ontoggle: () => { if (details.open) body.textContent = JSON.stringify(detail, null, 2); },
  }, el('summary', {},
    el('time', { datetime: new Date(at).toISOString() }, clock(at)),
    el('span', { class: `kind ${tone}` }, label),
    el('span', { class: 'what' }, what, small ? el('small', {}, small) : null),
    el('span', { class: 'who', title: who || '' }, short(who))), body);
  const item = el('li', { 'data-kinds': kinds.join(' ') }, details);
  item.hidden = !kinds.includes(shown);
  return item;
}

function add(item, fresh = true) {
  if (paused) { waiting.push(item); return; }
  if (fresh) item.classList.add('fresh');
  feed.prepend(item);
  while (feed.children.length > KEPT) feed.lastElementChild.remove();
  showEmpty();
}

function showEmpty() {
  byId('feed-empty').hidden = [...feed.children].some((item) => !item.hidden);
}

function decisionRow(at, data) {
  const answer = data.response === undefined ? data.variant : (data.response || {}).variantId;
  return row({
    at, kinds: ['story', 'decision'], label: 'Decision', tone: 'decision', who: data.browserId || data.guestRef, detail: data,
    what: `${data.friendlyId} → ${data.name || 'no flow executed'}`, small: answer || null,
  });
}

function eventRow(at, event, kept) {
  const extra = event.type === 'IDENTITY' ? (event.identifiers || []).map((one) => one.id).join(', ') : event.page;
  return row({
    at, kinds: ['story', 'event'], label: event.type || 'Event', tone: kept ? 'event' : 'bad', who: event.browser_id, detail: event,
    what: extra || '(no page)', small: kept ? variants(event) : `dropped: unknown point of sale ${event.pos || ''}`,
  });
}

function variants(event) {
  const pairs = Object.entries(event.ext || {}).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return pairs.length ? pairs.slice(0, 4).join(', ') : null;
}

const requests = new Map();

/** One row per request, replaced as it goes on. */
function requestRow(entry) {
  const bad = entry.outcome === 'broken' || entry.outcome === 'client-gone' || entry.status >= 500;
  const isPage = entry.server === 'xm' && !/^\/(-\/|layouts\/|api\/)/.test(entry.path);
  const isGuest = entry.server === 'cdp' && guestCall.test(entry.path);
  const took = entry.answered_ms == null ? '' : `${entry.answered_ms - entry.read_ms} ms`;
  const state = entry.outcome === 'answered' ? `${entry.status}` : `${entry.status || ''} ${entry.outcome}`;
  const item = row({
    at: entry.at, kinds: isPage ? ['story', 'request'] : isGuest ? ['story', 'guest', 'request'] : ['request'], detail: entry,
    tone: bad ? 'bad' : isPage ? 'page' : isGuest ? 'guest' : '', who: isGuest ? refIn(entry.path) : '',
    label: entry.server === 'xm' ? (isPage ? 'Page' : 'XM') : isGuest ? 'Guest data' : 'CDP', what: `${entry.method} ${entry.target}`,
    small: [state, took, entry.fault].filter(Boolean).join(' · '),
  });
  const earlier = requests.get(entry.seq);
  requests.set(entry.seq, item);
  if (requests.size > 2 * KEPT) requests.delete(requests.keys().next().value);
  if (earlier && earlier.isConnected) {
    item.querySelector('details').open = earlier.querySelector('details').open;
    earlier.replaceWith(item);
  } else if (earlier && waiting.includes(earlier)) {
    waiting[waiting.indexOf(earlier)] = item;
  } else {
    add(item);
  }
}

for (const button of document.querySelectorAll('[data-show]')) {
  button.addEventListener('click', () => {
    shown = button.dataset.show;
    document.querySelectorAll('[data-show]').forEach((other) => other.setAttribute('aria-pressed', String(other === button)));
    for (const item of feed.children) item.hidden = !item.dataset.kinds.split(' ').includes(shown);
    showEmpty();
  });
}
byId('pause').addEventListener('click', (click) => {
  paused = !paused;
  click.target.setAttribute('aria-pressed', String(paused));
  click.target.textContent = paused ? 'Go on' : 'Pause';
  if (!paused) { const held = waiting; waiting = []; held.forEach((item) => add(item)); }
});
byId('clear').addEventListener('click', () => { feed.replaceChildren(); requests.clear(); showEmpty(); });

// ---- Visitors ---------------------------------------------------------------------------------------------------

let visitorsDue = null;

/** At most one look every half second, however much happens. */
function visitorsSoon() {
  visitorsDue ??= setTimeout(() => { visitorsDue = null; showVisitors().catch(() => {}); }, 500);
}

async function showVisitors() {
  const { visitors, total, guests, recent } = await call('GET', '/visitors');
  byId('visitor-count').textContent = total;
  byId('visitors-empty').hidden = total > 0;
  byId('visitor-list').replaceChildren(...visitors.map((visitor) => {
    const name = visitor.firstName || visitor.email || 'Anonymous';
    const session = visitor.session;
    return el('div', { class: 'visitor' },
      el('div', {}, el('strong', {}, name), el('span', { class: `tag ${visitor.guestType}` }, visitor.guestType || '')),
      el('div', { class: 'numbers' }, [many(visitor.pageViews, 'view'), many(visitor.visits, 'visit'), clock(visitor.lastSeen)].join(' · ')),
      el('div', { class: 'ids' }, `browser ${visitor.browserId}`, el('br'), `guest ${visitor.guestRef}`),
      el('div', { class: 'numbers' }, session ? `${session.status.toLowerCase()}, ${many(session.events, 'event')}` : 'no session', el('br'), session ? `${session.channel} ${session.pos}` : ''),
      visitor.guest && guestFields(visitor.guest));
  }));
  showGuests(guests);
  return recent;
}

// ---- Trouble ----------------------------------------------------------------------------------------------------

const PRESETS = [
  ['', 'All well'], ['delay=300', 'Slow: 300 ms'], ['delay=1500', 'Very slow: 1.5 s'], ['hang', 'Never answers'],
  ['status=500', 'Error 500'], ['status=503;header=retry-after: 5', 'Error 503, retry after 5 s'], ['status=429;header=retry-after: 5', 'Too many requests, 429'],
  ['garbage', 'Garbage in the body'], ['empty', 'Empty body'], ['cut=400', 'Cut after 400 bytes'], ['cut-chunked=400', 'Cut after 400 bytes, chunked'],
  ['reset', 'Connection reset'], ['reset-after=400', 'Reset after 400 bytes'], ['stall=100', 'Stops after 100 bytes'], ['trickle=20', 'One byte each 20 ms'],
  ['no-content-type', 'No content type'], ['claim-gzip', 'Claims gzip, is not'],
];

let settings = null;

/** A list of presets and a line for any words; `read` and `write` know where in the settings they stand. */
function faultPicker(id, read, write) {
  const select = el('select', { id }, ...PRESETS.map(([words, text]) => el('option', { value: words }, text)), el('option', { value: '*' }, 'Other words'));
  const line = el('input', { type: 'text', 'aria-label': 'Fault in words', placeholder: 'delay=300;status=503', spellcheck: 'false', autocomplete: 'off' });
  select.addEventListener('change', () => { if (select.value === '*') line.focus(); else { line.value = select.value; save(); } });
  line.addEventListener('change', save);
  function save() {
    const faults = structuredClone(settings.faults);
    write(faults, line.value.trim());
    put({ ...settings, faults });
  }
  function show() {
    const words = read(settings.faults) || '';
    if (document.activeElement !== line) line.value = words;
    select.value = PRESETS.some(([preset]) => preset === words) ? words : '*';
  }
  return { nodes: [select, line], show };
}

const pickers = [];
for (const box of document.querySelectorAll('.fault[data-side]')) {
  const side = box.dataset.side;
  const picker = faultPicker(`${side}-fault`, (faults) => faults[side], (faults, words) => { faults[side] = words; });
  box.append(...picker.nodes);
  pickers.push(picker);
}

for (const side of ['xm', 'cdp']) {
  const slider = byId(`${side}-latency`);
  slider.addEventListener('input', () => { byId(`${side}-latency-value`).textContent = `${slider.value} ms`; });
  slider.addEventListener('change', () => put({ ...settings, latency: { ...settings.latency, [`${side}_ms`]: Number(slider.value) } }));
}
for (const box of document.querySelectorAll('[data-site]')) {
  box.addEventListener('change', () => {
    const name = box.dataset.site;
    const change = name === 'public' ? { cache: box.checked ? 'public' : 'no-store' } : { [name]: box.checked };
    put({ ...settings, site: { ...settings.site, ...change } });
  });
}
byId('heal').addEventListener('click', () => put({ ...settings, faults: {}, latency: {} }));

async function put(changed) {
  try {
    showSettings(await call('PUT', '/settings', changed));
    byId('trouble-error').textContent = '';
  } catch (error) {
    byId('trouble-error').textContent = error.message;
  }
}

function showSettings(now) {
  settings = now;
  for (const side of ['xm', 'cdp']) {
    byId(`${side}-latency`).value = now.latency[`${side}_ms`];
    byId(`${side}-latency-value`).textContent = `${now.latency[`${side}_ms`]} ms`;
  }
  for (const box of document.querySelectorAll('[data-site]')) {
    box.checked = box.dataset.site === 'public' ? now.site.cache === 'public' : now.site[box.dataset.site];
  }
  pickers.forEach((picker) => picker.show());
  cards.forEach((card) => card.showFault());
}

// ---- Flows ------------------------------------------------------------------------------------------------------

const cards = new Map();
const tallies = new Map();

function flowCard(flow) {
  const id = flow.friendlyId;
  const tags = el('span');
  const runs = el('span', { class: 'runs' });
  const tally = el('dl', { class: 'tally' });
  const force = el('select', { id: `force-${id}`, onchange: () => attempt(() => call('PUT', `/flows/${id}/force`, { force: force.value || null })) });
  const picker = faultPicker(`fault-${id}`, (faults) => faults.flows[id], (faults, words) => { if (words) faults.flows[id] = words; else delete faults.flows[id]; });
  const text = el('textarea', { id: `json-${id}`, spellcheck: 'false' });
  const error = el('p', { class: 'error', role: 'alert' });
  const save = el('button', { class: 'button', type: 'button', onclick: () => attempt(() => call('PUT', `/flows/${id}`, { ...JSON.parse(text.value), force: flow.force })) }, 'Save flow');
  const name = el('b');
  const root = el('details', { class: 'flow' },
    el('summary', {}, name, el('code', {}, id), tags, runs),
    el('div', { class: 'body' }, tally,
      el('div', { class: 'pair' },
        el('div', {}, el('label', { for: `force-${id}` }, 'Everybody gets'), force),
        el('div', { class: 'fault' }, el('label', { for: `fault-${id}` }, 'Fault of this flow'), ...picker.nodes)),
      el('div', {}, el('label', { for: `json-${id}` }, 'Rules and responses'), text),
      el('div', { class: 'row' }, error, save)));

  async function attempt(action) {
    try { show(await action()); error.textContent = ''; } catch (problem) { error.textContent = problem.message; }
  }
  function show(now) {
    flow = now;
    name.textContent = now.name;
    const names = (now.type === 'experiment' ? now.arms : now.rules || []).map((one) => one.name);
    if (now.default !== undefined) names.push('default');
    force.replaceChildren(el('option', { value: '' }, now.type === 'experiment' ? `as allocated (${now.allocation} % take part)` : 'as the rules say'),
      ...names.map((one) => el('option', { value: one }, one)), el('option', { value: 'none' }, 'no flow executed'));
    force.value = now.force || '';
    if (document.activeElement !== text) text.value = JSON.stringify({ ...now, force: undefined }, null, 2);
    showTags();
  }
  function showTags() {
    const words = settings && settings.faults.flows[id];
    tags.replaceChildren(...[
      flow.type === 'experiment' && el('span', { class: 'tag' }, 'experiment'),
      !flow.live && el('span', { class: 'tag' }, 'paused'),
      flow.force && el('span', { class: 'tag forced' }, `everybody: ${flow.force}`),
      words && el('span', { class: 'tag trouble' }, words),
    ].filter(Boolean));
  }
  function showTally() {
    const counts = [...(tallies.get(id) || new Map())].sort((one, other) => other[1] - one[1]);
    const sum = counts.reduce((total, [, n]) => total + n, 0);
    runs.textContent = sum ? many(sum, 'run') : '';
    tally.replaceChildren(...counts.map(([label, n]) => el('div', {}, el('dt', { title: label }, label),
      el('dd', { class: 'bar' }, el('i', { style: `width:${(100 * n) / sum}%` })), el('dd', { class: 'n' }, String(n)))));
  }
  show(flow);
  return { root, show, showTally, showFault: () => { picker.show(); showTags(); } };
}

function count(friendlyId, name) {
  const counts = tallies.get(friendlyId) || new Map();
  tallies.set(friendlyId, counts.set(name || 'no flow executed', (counts.get(name || 'no flow executed') || 0) + 1));
  cards.get(friendlyId)?.showTally();
}

async function showFlows() {
  const { flows } = await call('GET', '/flows');
  cards.clear();
  byId('flow-list').replaceChildren(...flows.map((flow) => {
    const card = flowCard(flow);
    cards.set(flow.friendlyId, card);
    card.showTally();
    return card.root;
  }));
}

byId('unforce').addEventListener('click', async () => {
  const { flows } = await call('GET', '/flows');
  await Promise.all(flows.filter((flow) => flow.force).map((flow) => call('PUT', `/flows/${flow.friendlyId}/force`, { force: null })));
});

// ---- All of it --------------------------------------------------------------------------------------------------

const dialog = byId('confirm-reset');
byId('reset').addEventListener('click', () => dialog.showModal());
dialog.addEventListener('close', () => { if (dialog.returnValue === 'yes') call('POST', '/reset'); });

const link = config.viaWorker ? 'Open the site through the Worker' : 'Open the site';
for (const id of ['site-link', 'site-link-2']) { byId(id).href = config.siteUrl; byId(id).title = `${link}: ${config.siteUrl}`; }

async function start() {
  feed.replaceChildren();
  requests.clear();
  tallies.clear();
  await showFlows();
  showSettings(await call('GET', '/settings'));
  for (const one of await showVisitors()) {
    if (one.type === 'TRACKING') {
      const run = one.data.flowExecution;
      count(run.flowFriendlyId, run.flowResponse);
      add(decisionRow(one.createdAt, { ...run, friendlyId: run.flowFriendlyId, name: run.flowResponse, variant: run.flowVariantRef, browserId: one.browserId }), false);
    } else {
      add(eventRow(one.createdAt, one.data, true), false);
    }
  }
  showEmpty();
}

const hear = {
  request: requestRow,
  event: ({ event, kept }) => { add(eventRow(Date.now(), event, kept)); visitorsSoon(); },
  decision: (data) => { count(data.friendlyId, data.name); add(decisionRow(Date.now(), data)); visitorsSoon(); },
  browser: (browser) => {
    add(row({ at: Date.now(), kinds: ['story'], label: 'Visitor', tone: 'visitor', who: browser.ref, detail: browser, what: 'A new browser id' }));
    visitorsSoon();
  },
  guest: visitorsSoon,
  settings: showSettings,
  flow: (flow) => { const card = cards.get(flow.friendlyId); if (card) card.show(flow); else showFlows(); },
  flows: showFlows,
  reset: start,
  cleared: () => {},
  lagged: start,
};

function connect() {
  const source = new EventSource('/live');
  const state = (name, text) => { byId('connection').dataset.state = name; byId('connection-text').textContent = text; };
  let lost = false;
  source.onopen = () => { state('on', 'live'); if (lost) start().catch(() => {}); lost = false; };
  source.onerror = () => { lost = true; state('off', 'not running'); };
  source.onmessage = (message) => { const { kind, data } = JSON.parse(message.data); hear[kind]?.(data); };
}

connect();
start().catch((error) => { byId('trouble-error').textContent = error.message; });
