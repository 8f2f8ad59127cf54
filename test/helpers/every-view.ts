import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { axeViolations, launchBrowser, type TestBrowser } from "./browser.ts";
import { fakeGpu } from "./fake-nvidia-smi.ts";
import { openWhy } from "./on-panel.ts";
import { type Rig, startRig } from "./rig.ts";
import { answerJson } from "./unload-hook.ts";

export interface Dress {
  view: string;
  theme: string;
  lang: string;
}

const DRESSES: readonly Dress[] = ["full", "compact", "bar"].flatMap((view) =>
  ["light", "dark"].flatMap((theme) => ["en", "zh-CN"].map((lang) => ({ view, theme, lang }))),
);

const usual = ({ theme, lang }: Dress) => (theme === "light") === (lang === "en");

/** The full view in English and by day, the compact one in Chinese and by night; the long tier looks at the rest. */
const inNpmTest = (dress: Dress) => usual(dress) && dress.view === (dress.lang === "en" ? "full" : "compact");
export const DRESSES_OF_NPM_TEST = DRESSES.filter(inNpmTest);
export const OTHER_DRESSES = DRESSES.filter((dress) => !inNpmTest(dress));

/** A Chromium and a sidecar with three GPUs and a failing backend, for the tests of a file. */
export function withThreeGpus(): { browser: () => TestBrowser; rig: () => Rig } {
  let browser: TestBrowser;
  let rig: Rig;
  beforeAll(async () => {
    browser = await launchBrowser();
    rig = await startRig({
      script: {
        gpus: [
          fakeGpu(0, { "memory.used": 24_100, "utilization.gpu": 99, "temperature.gpu": 86 }),
          fakeGpu(1, { "memory.used": 4_000 }),
          fakeGpu(2, {
            name: "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition",
            "memory.used": "[N/A]",
            "utilization.gpu": "[N/A]",
          }),
        ],
      },
      hook: () => (response) => answerJson(response, 500, {}),
    });
  });
  afterAll(async () => {
    await browser.close();
    await rig.close();
  });
  afterEach(() => browser.finishTest());
  return { browser: () => browser, rig: () => rig };
}

/** Each of these is accessible, complains of nothing, fits its page, and loads charts only where there are some. */
export function everyViewIsSound(
  dresses: readonly Dress[],
  { browser, rig }: ReturnType<typeof withThreeGpus>,
): void {
  describe.each(dresses)("view $view, $theme, $lang", ({ view, theme, lang }) => {
    test("PNL-5 PNL-6 no axe violation, no console complaint, nothing wider than the page, charts only where shown", async () => {
      const page = await browser().open(`${rig().sidecar.url}?view=${view}&theme=${theme}&lang=${lang}`, {
        viewport: { width: 1280, height: 900 },
      });
      await page.getByRole("progressbar").nth(2).waitFor();
      await page
        .getByTestId("status")
        .getByText(/Live|实时/)
        .waitFor();
      if (view === "full") await page.locator(".recharts-surface").first().waitFor();
      for (const row of await page.getByRole("button", { name: /^Details of GPU|的详情$/ }).all())
        await row.click();
      if (view !== "bar") await openWhy(page);
      expect(await axeViolations(page)).toEqual([]);
      // The button itself is looked at below, in both themes.
      await page.getByRole("button", { name: /^(Release|释放)/ }).click();
      await page.getByRole("button", { name: /Release now|立即释放/ }).waitFor();
      expect(await axeViolations(page)).toEqual([]);
      const loaded = await page.evaluate(() =>
        performance.getEntriesByType("resource").map(({ name }) => name),
      );
      expect(loaded.some((name) => name.includes("TimelineChart"))).toBe(view === "full");

      for (const width of [320, 400, 600, 1600]) {
        await page.setViewportSize({ width, height: 900 });
        const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        await expect.poll(overflow, { message: `at ${width} px` }).toBeLessThanOrEqual(0);
      }
    });
  });
}
