// A real Chromium. In: CHROMIUM, or a browser of the system. Out: the browser; without one the script ends as skipped,
// in CI as failed. It never downloads one.

import { spawnSync } from "node:child_process";

import { chromium } from "playwright-core";

/** What automake calls skipped. */
const SKIPPED = 77;

/** A person's Chrome: a headless one calls itself so, and bot lists know that. */
export const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36";

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** Starts the browser. Every name below `localhost` is this machine, and a secure context as https is elsewhere. */
export async function startChromium() {
  const executablePath = find();
  if (!executablePath) {
    console.log("No Chromium: set CHROMIUM or install it (apt-get install chromium). Browser tests are skipped.");
    process.exit(process.env.CI === "true" ? 1 : SKIPPED);
  }
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP *.localhost 127.0.0.1",
    ],
  });
}

function find() {
  const names = [process.env.CHROMIUM, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  for (const name of names.filter(Boolean)) {
    const found = spawnSync("sh", ["-c", `command -v "${name}"`]).stdout.toString().trim();
    if (found) return found;
  }
  return undefined;
}
