import { type Browser, chromium } from "playwright-core";
import { CHROMIUM_FLAGS } from "../helpers/chromium-flags.ts";
import { findChromium } from "../helpers/find-chromium.ts";

/** An installed Chromium, closed again at the end. */
export async function withChromium<T>(use: (browser: Browser) => Promise<T>): Promise<T> {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [...CHROMIUM_FLAGS],
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}
