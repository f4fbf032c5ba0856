// Minifies overlay.js and overlay.css into core/src/preview/overlay/, where both are committed. With --check it writes nothing
// and fails when a committed file is not what this build gives, or is too large.

import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

/** Each file and its largest size, in bytes. */
const FILES = [["overlay.js", 6144], ["overlay.css", 7168]];

for (const [file, most] of FILES) {
  const [name, kind] = file.split(".");
  const minified = new URL(`../core/src/preview/overlay/${name}.min.${kind}`, import.meta.url);
  const { outputFiles } = await build({
    entryPoints: [new URL(file, import.meta.url).pathname],
    bundle: true,
    charset: "ascii",
    legalComments: "none",
    minify: true,
    target: kind === "js" ? "es2021" : "chrome111",
    write: false,
    ...(kind === "js" ? { format: "iife", platform: "browser" } : {}),
  });
  const fresh = outputFiles[0].text;
  const size = Buffer.byteLength(fresh);
  const shown = `core/src/preview/overlay/${name}.min.${kind}`;
  if (size > most) {
    fail(`${shown} has ${size} bytes, ${size - most} more than it may`);
  } else if (process.argv.includes("--check")) {
    const committed = await readFile(minified, "utf8").catch(() => "");
    if (committed !== fresh) fail(`${shown} is stale: run node preview/build.mjs`);
  } else {
    await writeFile(minified, fresh);
    console.log(`${shown}: ${size} bytes`);
  }
}

function fail(problem) {
  console.error(problem);
  process.exitCode = 1;
}
