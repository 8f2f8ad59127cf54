import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { CHROMIUM_FLAGS } from "./chromium-flags.ts";
import { installPackages } from "./debian-program.ts";

declare module "vitest" {
  interface ProvidedContext {
    chromiumPath: string;
    /** Where the Chromium of this run is reached. */
    chromiumServer: string;
  }
}

/** What shows no windows comes first: the same engine loads a page in half the CPU time of the whole browser. */
const PLACES = [
  process.env.CHROMIUM_PATH ?? "",
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** An installed Chrome or Chromium, or `null`. */
function findInstalled(): string | null {
  const found = PLACES.find((path) => path !== "" && existsSync(path));
  if (found !== undefined) return found;
  const which = spawnSync("sh", ["-c", "command -v chromium || command -v google-chrome"], {
    encoding: "utf8",
  });
  return which.status === 0 ? which.stdout.trim() : null;
}

/** The browser of the end-to-end tests: an installed one, else Debian's package; else says what to install. */
export function findChromium(): string {
  const installed = findInstalled();
  if (installed !== null) return installed;
  // The CJK font only so that a picture of the Chinese panel can be read.
  installPackages(["chromium-headless-shell", "fonts-noto-cjk"]);
  const now = findInstalled();
  if (now !== null) return now;
  throw new Error(
    "The end-to-end tests need Chrome or Chromium. Install it (Debian: sudo apt-get install -y chromium) or set CHROMIUM_PATH to its executable.",
  );
}

export default async function setup({ provide }: TestProject) {
  const executablePath = findChromium();
  const server = await chromium.launchServer({ executablePath, args: [...CHROMIUM_FLAGS] });
  provide("chromiumPath", executablePath);
  provide("chromiumServer", server.wsEndpoint());
  return () => server.close();
}
