'use strict';
// In: guests as the stand-in lists them. Out: their fields on the page, and which requests are about them. Values
// are only ever text. Loaded before page.js, whose `el`, `byId`, `many` and `clock` it uses.

/** Requests to the REST API. */
const guestCall = /^\/v2(\.1)?\/guest(s|Contexts)(\/|$)/;

/** The guest ref in a path of the REST API. */
const refIn = (path) => (path.match(/\/guest(?:s|Contexts)\/([0-9a-f-]{36})/i) || [])[1];

/** Guests whose fields the reader has opened: the list is drawn anew whenever something happens. */
const opened = new Set();

const plain = (value) => (Array.isArray(value) ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : String(value));

function pairs(values) {
  return Object.entries(values).flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, plain(value))]);
}

/** What is known of a guest: fields, identifiers, data extensions; nothing known: nothing shown. */
function guestFields(guest) {
  const identifiers = guest.identifiers.map((one) => [el('dt', {}, one.provider), el('dd', {}, one.id)]).flat();
  const extensions = guest.dataExtensions.flatMap((one) => [el('h3', {}, one.name), ...pairs(one.values)]);
  const count = Object.keys(guest.fields).length + guest.identifiers.length + guest.dataExtensions.reduce((sum, one) => sum + Object.keys(one.values).length, 0);
  if (!count && !guest.dataExtensions.length) return null;
  const details = el('details', {
    class: 'fields', open: opened.has(guest.guestRef),
    ontoggle: () => { if (details.open) opened.add(guest.guestRef); else opened.delete(guest.guestRef); },
  }, el('summary', {}, many(count, 'value')),
  el('dl', {}, ...pairs(guest.fields), ...(identifiers.length ? [el('h3', {}, 'identifiers'), ...identifiers] : []), ...extensions));
  return details;
}

/** Guests that no browser stands for: a server has made them. */
function showGuests(guests) {
  const rows = guests.map((guest) => el('div', { class: 'visitor' },
    el('div', {}, el('strong', {}, guest.fields.firstName || guest.fields.email || 'Guest'), el('span', { class: `tag ${guest.guestType}` }, guest.guestType)),
    el('div', { class: 'numbers' }, clock(guest.modifiedAt)),
    el('div', { class: 'ids' }, `guest ${guest.guestRef}`),
    guestFields(guest)));
  byId('guest-list').replaceChildren(...(rows.length ? [el('h3', { class: 'list-title' }, 'Guests without a browser'), ...rows] : []));
}
