import { type Browser, chromium } from "playwright-core";
import { findChromium } from "../helpers/find-chromium.ts";

/** An installed Chromium, closed again at the end. */
export async function withChromium<T>(use: (browser: Browser) => Promise<T>): Promise<T> {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}
