// Minifies beacon.js into core/src/tag/beacon.min.js, which is committed. With --check it writes nothing and fails when
// the committed file is not what this build gives, or is too large.

import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

/** Largest beacon, in bytes. */
const MOST = 2048;

const source = new URL("beacon.js", import.meta.url).pathname;
const minified = new URL("../core/src/tag/beacon.min.js", import.meta.url);

const { outputFiles } = await build({
  entryPoints: [source],
  bundle: true,
  charset: "ascii",
  format: "iife",
  legalComments: "none",
  minify: true,
  platform: "browser",
  target: "es2018",
  write: false,
});
const fresh = outputFiles[0].text;
const size = Buffer.byteLength(fresh);

if (size > MOST) {
  fail(`the beacon has ${size} bytes, ${size - MOST} more than it may`);
} else if (process.argv.includes("--check")) {
  const committed = await readFile(minified, "utf8");
  if (committed !== fresh) fail("core/src/tag/beacon.min.js is stale: run node beacon/build.mjs");
} else {
  await writeFile(minified, fresh);
  console.log(`core/src/tag/beacon.min.js: ${size} bytes`);
}

function fail(problem) {
  console.error(problem);
  process.exitCode = 1;
}
