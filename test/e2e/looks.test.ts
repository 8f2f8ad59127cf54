import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { axeViolations, launchBrowser, type TestBrowser } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { openWhy } from "../helpers/on-panel.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { answerJson } from "../helpers/unload-hook.ts";

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

const views = ["full", "compact", "bar"];
const themes = ["light", "dark"];
const languages = ["en", "zh-CN"];
const looks = views.flatMap((view) =>
  themes.flatMap((theme) => languages.map((lang) => ({ view, theme, lang }))),
);

describe.each(looks)("view $view, $theme, $lang", ({ view, theme, lang }) => {
  test("PNL-5 PNL-6 no axe violation, no console complaint, nothing wider than the page, charts only where shown", async () => {
    const page = await browser.open(`${rig.sidecar.url}?view=${view}&theme=${theme}&lang=${lang}`, {
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

test("PNL-5 a failed release and a failed source have no axe violation either", async () => {
  const pages = await Promise.all(
    themes.map((theme) =>
      browser.open(`${rig.sidecar.url}?theme=${theme}`, { viewport: { width: 900, height: 900 } }),
    ),
  );
  const [first] = pages;
  await first?.getByRole("button", { name: "Release VRAM" }).click();
  await first?.getByRole("button", { name: "Release now" }).click();
  for (const page of pages) {
    await page
      .getByTestId("release-result")
      .getByText(/HTTP 500/)
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
  }
  rig.fake.set({ behaviour: { kind: "sentence", text: "No devices were found", exitCode: 6 } });
  for (const page of pages) {
    await page.getByText("nvidia-smi finds no GPU.").waitFor();
    expect(await axeViolations(page)).toEqual([]);
  }
});
