import { test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { writePast } from "../helpers/write-past.ts";

const { browser, start } = inBrowser();
const DAY_MS = 86_400_000;
test("shots", async () => {
  const rig = await start({ script: { gpus: Array.from({ length: 8 }, (_, i) => fakeGpu(i)) } });
  await rig.sidecar.end("SIGTERM");
  writePast(rig.fake, (agoMs, i) => {
    if (agoMs > 10 * DAY_MS && agoMs < 11 * DAY_MS) return { memoryUsedMiB: null, utilizationGpuPct: null };
    const isDay = Math.sin((agoMs / DAY_MS) * 2 * Math.PI + i) > 0;
    const wave = 9000 + 3000 * Math.sin(agoMs / 4e6) + ((agoMs / 1000) % 97) * 60;
    return { memoryUsedMiB: isDay ? wave : 1200, utilizationGpuPct: isDay ? 60 + ((agoMs / 1000) % 37) : 2 };
  });
  const sidecar = await rig.restart();
  for (const [name, theme, lang, width] of [
    ["light-en-1600", "light", "en", 1600],
    ["dark-zh-1600", "dark", "zh-CN", 1600],
    ["light-zh-320", "light", "zh-CN", 320],
    ["dark-en-320", "dark", "en", 320],
  ] as const) {
    const page = await browser.open(`${sidecar.url}?theme=${theme}&lang=${lang}`, {
      viewport: { width, height: 900 },
    });
    const z = async (label: string) => {
      await page.getByRole("button", { name: label, exact: true }).click();
      await page.locator(".chart-band path").first().waitFor();
      await page
        .locator("section.timeline")
        .screenshot({ path: `/tmp/h/G-shots/${name}-${label.replace(" ", "")}.png`, animations: "disabled" });
    };
    await z(lang === "en" ? "30 d" : "30 天");
    await z(lang === "en" ? "24 h" : "24 小时");
    if (name === "light-en-1600") {
      await page
        .locator(".recharts-surface")
        .first()
        .hover({ position: { x: 500, y: 90 } });
      await page.locator("section.timeline").screenshot({ path: `/tmp/h/G-shots/${name}-hover.png` });
      await page.getByRole("button", { name: "1 min", exact: true }).click();
      await page.locator("section.timeline").screenshot({ path: `/tmp/h/G-shots/${name}-1min.png` });
      sidecar.child.kill("SIGSTOP");
      await page.getByRole("button", { name: "7 d", exact: true }).click();
      await page.locator(".past-progress").waitFor();
      await page.waitForTimeout(800);
      await page.locator("section.timeline").screenshot({ path: `/tmp/h/G-shots/${name}-loading.png` });
      await page.getByText("History could not").waitFor();
      await page.locator("section.timeline").screenshot({ path: `/tmp/h/G-shots/${name}-failed.png` });
      sidecar.child.kill("SIGCONT");
    }
  }
});
