import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";

const { browser, start } = inBrowser();
const MODEL = { "memory.used": 20_000, "memory.total": 24_564 };

/** Goes on with Tab until this has the focus, and sees that one can see it. */
async function tabTo(page: Page, target: Locator) {
  await target.waitFor();
  await expect
    .poll(async () => {
      await page.keyboard.press("Tab");
      return target.evaluate((element) => element.matches(":focus-visible"));
    })
    .toBe(true);
}

test("PNL-34 a whole session by keyboard: a kind of job, why, a row, the history, a release and its result", async () => {
  const rig = await start({
    script: { gpus: [fakeGpu(0, MODEL), fakeGpu(1)] },
    hook: (fake) => (response) => {
      fake.setGpu(0, { "memory.used": 1500 });
      response.writeHead(204).end();
    },
  });
  const page = await browser.open(`${rig.sidecar.url}?lang=en`, { viewport: { width: 1280, height: 900 } });
  const kind = page.getByRole("combobox", { name: "For a job like" });
  await tabTo(page, kind);
  await page.keyboard.press("ArrowDown");
  await expect.poll(() => kind.inputValue()).not.toBe("");
  const why = page.getByRole("button", { name: "Why?" });
  await tabTo(page, why);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => why.evaluate((element) => element.matches(":focus"))).toBe(true);

  const row = page.getByRole("button", { name: "Details of GPU 1" });
  await tabTo(page, row);
  await page.keyboard.press("Enter");
  await expect.poll(() => row.getAttribute("aria-expanded")).toBe("true");
  const temperature = page.getByRole("button", { name: "Temp" });
  await tabTo(page, temperature);
  await page.keyboard.press("Space");
  await expect.poll(() => temperature.getAttribute("aria-pressed")).toBe("true");

  await page.keyboard.press("r");
  const now = page.getByRole("button", { name: "Release now" });
  await expect.poll(() => now.evaluate((element) => element.matches(":focus"))).toBe(true);
  await page.keyboard.press("Enter");
  await page.getByTestId("release-result").getByText("released").waitFor();
  await tabTo(page, page.getByRole("button", { name: "Past releases" }));
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Past releases" }).getByText("GiB").first().waitFor();
});
