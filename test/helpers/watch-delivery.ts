import type { Page } from "playwright-core";
import { expect } from "vitest";
import { connectPanel } from "./panel-client.ts";
import { waitUntil } from "./wait-until.ts";

/** Reads so many samples as a panel does, and expects that none is missing from the first one on. */
export async function expectEverySample(url: string, count: number): Promise<void> {
  const panel = connectPanel(url, { transports: ["polling", "websocket"] });
  try {
    const { samples } = panel;
    await waitUntil(() => samples.length >= count, {
      timeoutMs: count * 1000 + 60_000,
      what: `${count} samples`,
    });
    const seqs = samples.map(([seq]) => seq ?? 0);
    const first = seqs[0] ?? 0;
    expect(seqs).toEqual(seqs.map((_, i) => first + i));
    expect(first - (panel.hellos.at(-1)?.seq ?? 0)).toBeLessThanOrEqual(1);
  } finally {
    panel.close();
  }
}

/** Writes down what the page says of its figures, from now on; the returned function tells all of it. */
export async function watchStatus(page: Page): Promise<() => Promise<string[]>> {
  const said = await page.evaluateHandle(() => {
    const texts = new Set<string>();
    setInterval(() => {
      const pill = document.querySelector("#panel")?.shadowRoot?.querySelector("[data-testid=status]");
      if (pill?.textContent != null) texts.add(pill.textContent);
    }, 50);
    return texts;
  });
  return () => said.evaluate((all) => [...all]);
}
