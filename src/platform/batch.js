// What the runtime does in one go, where each call of its own would cost a crossing between wasm and JavaScript.

// Futures are polled in microtasks. The runtime's queueMicrotask goes through C++ and back, some microseconds each
// time; what follows a promise does not.
globalThis.queueMicrotask = (work) => {
  Promise.resolve().then(() => {
    try {
      work();
    } catch (error) {
      reportError(error);
    }
  });
};

/** Calls `tell` with `number`, whether the promise was kept, and its value. */
export function settle(promise, tell, number) {
  promise.then((value) => tell(number, true, value), (error) => tell(number, false, error));
}

/** Calls `tell` with `number` when the visitor of `request` has gone; without the compatibility flag nobody says so. */
export function watch({ signal }, tell, number) {
  if (signal?.aborted) tell(number, true);
  else signal?.addEventListener('abort', () => tell(number, true));
}

/** Calls `tell` with `number` after so many milliseconds. */
export function after(ms, tell, number) {
  return setTimeout(() => tell(number, true), ms);
}

/** Stops what `after` began. */
export function stop(timer) {
  clearTimeout(timer);
}

/** Lets a promise go, without an unhandled rejection. */
export function ignore(promise) {
  promise.catch(() => {});
}

/** Deletes the headers of these names, which a space separates. */
export function deleteAll(headers, names) {
  for (const name of names.split(' ')) headers.delete(name);
}

/** How a request is made: its headers are names and values in turn, a line each. */
export function prepare(method, headers, body) {
  // The runtime reads a plain object in one go; each header of a Headers would be a call.
  const list = {};
  const lines = headers.split('\n');
  for (let at = 0; at + 1 < lines.length; at += 2) list[lines[at]] = lines[at + 1];
  return { method, headers: list, redirect: 'manual', body };
}

/**
 * The response, and with it the body if that says how modest it is: it comes in one wait, where a reader waits for its
 * bytes and again for its end. Of a coded one the length says nothing.
 */
export async function ask(what, how, limit) {
  const response = await fetch(what, how);
  const length = response.headers.get('content-length');
  if (!/^\d+$/.test(length) || Number(length) > limit || response.headers.has('content-encoding')) return [response];
  return [response, new Uint8Array(await response.arrayBuffer())];
}

/** The bytes under `url` in the data centre's cache; nothing where it has none. */
export async function cached(url) {
  const found = await caches.default.match(url);
  return found && new Uint8Array(await found.arrayBuffer());
}

/** Keeps bytes under `url` for so many seconds. */
export async function keep(url, body, maxAge) {
  await caches.default.put(url, new Response(body, { headers: { 'cache-control': `max-age=${maxAge}` } }));
}

/** Forgets what is under `url`. */
export async function forget(url) {
  await caches.default.delete(url);
}

/** Writes a row into a dataset; `blobs` are separated by line breaks. One that is refused is lost. */
export function writeRow(dataset, index, blobs, doubles) {
  try {
    dataset.writeDataPoint({ indexes: [index], blobs: blobs.split('\n'), doubles: Array.from(doubles) });
  } catch {}
}
