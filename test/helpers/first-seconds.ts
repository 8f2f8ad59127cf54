import { expect, test } from "vitest";
import { inBrowser } from "./in-browser.ts";
import { LOADS } from "./loads.ts";
import { expectEverySample, watchStatus } from "./watch-delivery.ts";

/** Tests, for each load, of a page that is opened at once and watched for so many samples. */
export function testFirstSeconds(samples: number) {
  const { browser } = inBrowser();
  test.each(LOADS)(
    "PNL-3 WIRE-9 under %s the page never says stale, from a sidecar's first second on",
    async (_, start) => {
      const { sidecar, end } = await start();
      try {
        const page = await browser.open(sidecar.url);
        const said = await watchStatus(page);
        await expectEverySample(sidecar.url, samples);
        const texts = await said();
        expect(texts.some((text) => text.startsWith("Live"))).toBe(true);
        expect(texts.filter((text) => /stale/i.test(text))).toEqual([]);
        // The page first: it would log that its sidecar is gone.
        await browser.finishTest();
      } finally {
        await end();
      }
    },
  );
}
