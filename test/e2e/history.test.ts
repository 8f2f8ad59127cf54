import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { timelineEn } from "../../client/i18n/timeline/en.ts";
import { timelineZhCn } from "../../client/i18n/timeline/zh-cn.ts";
import { axeViolations } from "../helpers/browser.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { writePast } from "../helpers/write-past.ts";

const { browser, start } = inBrowser();
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Drawn at most: one more would cost the page time that nobody sees. */
const MOST_POINTS = 300;

/** A card that works by day, idles by night, was off on one day, and once had a short peak. */
async function startWithPast(own = false) {
  const rig = await start({ own });
  await rig.sidecar.end("SIGTERM");
  writePast(rig.fake, (agoMs) => {
    if (agoMs > 10 * DAY_MS && agoMs < 11 * DAY_MS) return { memoryUsedMiB: null, utilizationGpuPct: null };
    if (agoMs > 20 * DAY_MS && agoMs < 20 * DAY_MS + 300_001)
      return { memoryUsedMiB: 24_000, utilizationGpuPct: 100 };
    const isDay = Math.sin((agoMs / DAY_MS) * 2 * Math.PI) > 0;
    return {
      memoryUsedMiB: isDay ? 9000 + ((agoMs / 1000) % 97) * 60 : 1200,
      utilizationGpuPct: isDay ? 60 + ((agoMs / 1000) % 37) : 2,
    };
  });
  return { rig, sidecar: await rig.restart() };
}

const zoom = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const drawnBand = (page: Page) => page.locator(".chart-band path.recharts-area-area");
/** Corners of a line: one a point. */
const cornersOf = async (page: Page, path: string) =>
  ((await page.locator(path).first().getAttribute("d")) ?? "").split(/[ML]/).length - 1;

test("PNL-7 PNL-7b HIS-6 every zoom level by keyboard, in both languages: at most a few hundred points, extremes in a band", async () => {
  const { sidecar } = await startWithPast();
  for (const [lang, words] of [
    ["en", timelineEn],
    ["zh-CN", timelineZhCn],
  ] as const) {
    const page = await browser.open(`${sidecar.url}?lang=${lang}`);
    for (const [n, unit] of [
      [1, "hours"],
      [6, "hours"],
      [24, "hours"],
      [7, "days"],
      [30, "days"],
    ] as const) {
      const button = zoom(page, words[unit].replace("{n}", String(n)));
      await button.focus();
      await page.keyboard.press("Enter");
      await expect.poll(() => button.getAttribute("aria-pressed")).toBe("true");
      await drawnBand(page).first().waitFor();
      const corners = await cornersOf(page, ".chart-mean path.recharts-area-curve");
      expect(corners).toBeGreaterThan(20);
      expect(corners).toBeLessThanOrEqual(MOST_POINTS);
    }
    // The day without figures breaks the line, and the peak of five minutes stands out of a month.
    const mean = (await page.locator(".chart-mean path.recharts-area-curve").first().getAttribute("d")) ?? "";
    expect(mean.split("M").length - 1).toBeGreaterThan(1);
    // 24,000 of 24,576 MiB that the axis has: within the uppermost twentieth of the plot.
    let boxes = "";
    await waitUntil(
      async () => {
        const band = await drawnBand(page).first().boundingBox();
        const plot = await page.locator(".chart-marks").first().boundingBox();
        boxes = JSON.stringify({ band, plot, path: await drawnBand(page).first().getAttribute("d") });
        return band !== null && plot !== null && (band.y - plot.y) / plot.height < 0.05;
      },
      { what: () => `the peak in the band: ${boxes}` },
    );
    expect(await axeViolations(page)).toEqual([]);
    await zoom(page, words === timelineEn ? "1 min" : "1 分钟").click();
    // There, not visible: once the minute is without a change the line is flat, and what has no height counts as hidden.
    await page.locator(".chart-vram path.recharts-area-curve").first().waitFor({ state: "attached" });
    await expect.poll(() => drawnBand(page).count()).toBe(0);
  }
});

test("PNL-8 HIS-11 loading is shown, what fails is said with a way to try again, and then it comes", async () => {
  const { sidecar } = await startWithPast(true);
  const page = await browser.open(sidecar.url);
  await zoom(page, "6 h").click();
  await drawnBand(page).first().waitFor();
  // It neither answers nor ends.
  sidecar.child.kill("SIGSTOP");
  try {
    await zoom(page, "7 d").click();
    await page.getByRole("progressbar", { name: timelineEn.loadingPast }).waitFor();
    await page.getByText(timelineEn.pastFailed).waitFor();
  } finally {
    sidecar.child.kill("SIGCONT");
  }
  // The panel asks anew by itself once the connection lives; a hand may be faster.
  const retry = page.getByRole("button", { name: timelineEn.retry });
  await waitUntil(
    async () => {
      if ((await drawnBand(page).count()) > 0) return true;
      if ((await retry.count()) > 0) await retry.click({ timeout: 1000 }).catch(() => {});
      return false;
    },
    { what: "the chart", timeoutMs: 60_000, everyMs: 500 },
  );
  await page.getByText(timelineEn.pastFailed).waitFor({ state: "detached" });
});
