import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { CSV_HEADER } from "../../server/recording/log/csv-lines.ts";
import { isoTime } from "../../server/recording/log/iso-time.ts";
import { axeViolations } from "../helpers/browser.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { type RunningSidecar, startSidecar } from "../helpers/sidecar.ts";

const { browser } = inBrowser();
let dir = "";
let sidecar: RunningSidecar | undefined;
afterEach(async () => {
  await browser.finishTest();
  await sidecar?.end();
  rmSync(dir, { recursive: true, force: true });
});

const START = new Date(2026, 10, 20, 22, 0, 0).getTime();
const usedAt = (second: number) => 1000 + 5 * second;

/** An hour of one GPU, one sample a second, with a line that broke off. */
async function playNight(): Promise<RunningSidecar> {
  dir = mkdtempSync(join(tmpdir(), "gpu-panel-replay-e2e-"));
  const lines = Array.from(
    { length: 3600 },
    (_, i) =>
      `${isoTime(START + i * 1000)},0,NVIDIA GeForce RTX 4090,${usedAt(i)},24564,${i % 100},${40 + (i % 30)}`,
  );
  lines.splice(10, 0, "2026-11-20T22:0");
  writeFileSync(join(dir, "night.csv"), `${CSV_HEADER}\n${lines.join("\n")}\n`);
  sidecar = await startSidecar(["--source", `replay:${join(dir, "night.csv")}`]);
  return sidecar;
}

test.each([
  ["en", "Recording", "Pause", "Play", "Moment of the recording", "Whole recording"],
  ["zh-CN", "录制回放", "暂停", "播放", "回放位置", "查看全程"],
] as const)(
  "REC-6 PNL-5 a recording is moved from the panel (%s)",
  async (lang, name, pause, play, position, whole) => {
    const { url } = await playNight();
    const page = await browser.open(`${url}?lang=${lang}`);
    const shows = (second: number) =>
      page
        .getByText(`${(usedAt(second) / 1024).toFixed(1)} / 24`)
        .first()
        .waitFor();
    const bar = page.getByRole("region", { name });
    await bar.getByText("night.csv").waitFor();
    await bar
      .getByText(lang === "en" ? /could not be read: 1 \(line 12\)/ : /1 行无法读取（第 12 行）/)
      .waitFor();
    await bar.getByRole("button", { name: pause }).click();
    await bar.getByRole("button", { name: play }).waitFor();
    await bar.getByRole("slider", { name: position }).fill(String(START + 1800 * 1000));
    await shows(1800);
    await bar.getByText("22:30:00").waitFor();
    // Going back: what came after is forgotten.
    await bar.getByRole("slider", { name: position }).fill(String(START + 60 * 1000));
    await bar.getByText("22:01:00").waitFor();
    await shows(60);
    await bar.getByRole("button", { name: whole }).click();
    await bar.getByText("22:59:59").waitFor();
    const hour = page.getByRole("button", { name: lang === "en" ? "1 h" : "1 小时", exact: true });
    await expect.poll(() => hour.getAttribute("aria-pressed")).toBe("true");
    // The chart of the hour is drawn from the recording.
    await page.locator(".hist .recharts-area-curve").first().waitFor();
    await shows(3599);
    expect(await axeViolations(page)).toEqual([]);
  },
);
