import { expect, test } from "vitest";
import { inBrowser } from "./in-browser.ts";
import { LOADS } from "./loads.ts";
import { expectEverySample, watchStatus } from "./watch-delivery.ts";

/** A test of a page under each load at once: opened at once and watched for so many samples. */
export function testFirstSeconds(samples: number) {
  const { browser } = inBrowser();
  test("PNL-3 WIRE-9b under no load the page ever says stale, from a sidecar's first second on", async () => {
    const loads = await Promise.all(
      LOADS.map(async ([name, start]) => {
        const { sidecar, end } = await start();
        const page = await browser.open(sidecar.url);
        return { name, sidecar, end, said: await watchStatus(page) };
      }),
    );
    try {
      await Promise.all(loads.map(({ sidecar }) => expectEverySample(sidecar.url, samples)));
      for (const { name, said } of loads) {
        const texts = await said();
        expect(texts.some((text) => /^(?:Live|Demo)/.test(text))).toBe(true);
        expect([name, ...texts.filter((text) => /no new data|reconnecting/i.test(text))]).toEqual([name]);
      }
      // The pages first: they would log that their sidecar is gone.
      await browser.finishTest();
    } finally {
      for (const { end } of loads) await end();
    }
  });
}
