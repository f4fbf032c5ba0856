// Waits for what a library does by itself: a script that it puts into the page, a queue that it empties.

/** Resolves when `isSo()` is true; the test's own limit ends what never comes. */
export async function until(isSo) {
  while (!isSo()) await new Promise((done) => setTimeout(done, 5));
}
