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

/** Deletes the headers of these names, which a space separates. */
export function deleteAll(headers, names) {
  for (const name of names.split(' ')) headers.delete(name);
}
