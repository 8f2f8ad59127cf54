import { expect, test } from "vitest";
import { inBrowser } from "../helpers/in-browser.ts";
import { connectPanel } from "../helpers/panel-client.ts";
import { startSidecar } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const { browser } = inBrowser();
const SAMPLES = 20;

test("PNL-3 WIRE-9 in the first seconds of a sidecar's life the page never says stale", async () => {
  const sidecar = await startSidecar(["--source", "demo"]);
  const beside = connectPanel(sidecar.url, { transports: ["polling", "websocket"] });
  try {
    const page = await browser.open(sidecar.url);
    const said = await page.evaluateHandle(() => {
      const texts = new Set<string>();
      setInterval(() => {
        const pill = document.querySelector("#panel")?.shadowRoot?.querySelector("[data-testid=status]");
        if (pill?.textContent != null) texts.add(pill.textContent);
      }, 50);
      return texts;
    });
    await waitUntil(() => beside.samples.length >= SAMPLES, {
      timeoutMs: 90_000,
      what: `${SAMPLES} samples`,
    });
    const texts = await said.evaluate((all) => [...all]);
    expect(texts.some((text) => text.startsWith("Live"))).toBe(true);
    expect(texts.filter((text) => /stale/i.test(text))).toEqual([]);
  } finally {
    beside.close();
    // The page first: it would log that its sidecar is gone.
    await browser.finishTest();
    await sidecar.end();
  }
});
