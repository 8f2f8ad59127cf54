import { buffer } from "node:stream/consumers";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { axeViolations } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const { browser, start } = inBrowser();

async function download(page: Page, name: string): Promise<Buffer> {
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name }).click(),
  ]);
  // The browser runs beside the tests: what it saved comes as a stream.
  return buffer(await saved.createReadStream());
}

test.each([
  ["en", "Compare runs", "Record", "Stop", "Peak VRAM", "Save as CSV", "Save chart as PNG"],
  ["zh-CN", "运行对比", "开始记录", "结束", "显存峰值", "保存为 CSV", "图表存为 PNG"],
] as const)(
  "REC-9 REC-9b PNL-5 two stretches are marked, compared and saved (%s)",
  async (lang, title, begin, end, peak, csv, png) => {
    const { sidecar, fake } = await start({ script: { gpus: [fakeGpu(0, { "memory.used": 4096 })] } });
    const page = await browser.open(`${sidecar.url}?lang=${lang}`);
    await page.getByText(title, { exact: true }).click();
    const mark = async (label: string, peakMiB: number) => {
      fake.setGpu(0, { "memory.used": peakMiB });
      // Else the peak of the stretch would be that of before.
      await page
        .getByText(`${(peakMiB / 1024).toFixed(1)} / 24`)
        .first()
        .waitFor();
      await page.getByRole("textbox").fill(label);
      await page.getByRole("button", { name: begin, exact: true }).click();
      await waitUntil(
        async () => {
          const { sessions } = await (await fetch(`${sidecar.url}api/v1/sessions`)).json();
          return sessions[0]?.label === label && sessions[0].gpus[0]?.memoryPeakMiB === peakMiB;
        },
        { what: "samples of the session" },
      );
      await page.getByRole("button", { name: end, exact: true }).click();
      await page.getByRole("button", { name: end, exact: true }).waitFor({ state: "detached" });
    };
    await mark("bf16", 15_360);
    await mark("quantized", 12_288);
    await page.getByRole("checkbox", { name: "bf16" }).check();
    await page.getByRole("checkbox", { name: "quantized" }).check();
    const row = page.getByRole("row", { name: peak });
    await expect.poll(() => row.getByRole("cell").allInnerTexts()).toEqual(["15.0 GiB", "12.0 GiB", "−20%"]);
    const lines = (await download(page, csv)).toString("utf8").split("\r\n");
    expect(lines[1]).toMatch(/^quantized,hand,/);
    expect(lines[2]).toMatch(/^bf16,hand,/);
    await page.locator(".hist svg.recharts-surface").first().waitFor();
    const picture = await download(page, png);
    expect(picture.subarray(1, 4).toString()).toBe("PNG");
    // Width and height of the picture: it is of a chart, not an empty frame.
    expect(picture.readUInt32BE(16)).toBeGreaterThan(600);
    expect(picture.length).toBeGreaterThan(5000);
    expect(await axeViolations(page)).toEqual([]);
  },
);
