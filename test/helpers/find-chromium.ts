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

/** What shows no windows: the same engine loads a page in half the CPU time of the whole browser. */
const WITHOUT_WINDOWS = "/usr/bin/chromium-headless-shell";
const WHOLE = [
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** An installed Chrome or Chromium, or `null`. */
function findWhole(): string | null {
  const found = WHOLE.find((path) => existsSync(path));
  if (found !== undefined) return found;
  const which = spawnSync("sh", ["-c", "command -v chromium || command -v google-chrome"], {
    encoding: "utf8",
  });
  return which.status === 0 ? which.stdout.trim() : null;
}

/**
 * The browser of the end-to-end tests: the one that is named, else Debian's without windows, which is installed where
 * that can be done, also beside a whole browser; else an installed one; else says what to install.
 */
export function findChromium(): string {
  const { CHROMIUM_PATH: named = "" } = process.env;
  if (named !== "") return named;
  if (existsSync(WITHOUT_WINDOWS)) return WITHOUT_WINDOWS;
  const whole = findWhole();
  try {
    // The CJK font only so that a picture of the Chinese panel can be read.
    installPackages(["chromium-headless-shell", "fonts-noto-cjk"]);
  } catch (error) {
    if (whole === null) throw error;
    process.stdout.write("It could not be installed; the whole browser takes twice the time.\n");
  }
  const found = existsSync(WITHOUT_WINDOWS) ? WITHOUT_WINDOWS : whole;
  if (found !== null) return found;
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
