import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { axeViolations } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { openDetails, openRow, releaseButton, releaseResult as result } from "../helpers/on-panel.ts";
import type { Rig, RigOptions } from "../helpers/rig.ts";

const { browser, start } = inBrowser();

/** A card whose backends hold 20,000 MiB, of which 1,520 stay. */
async function open(options: RigOptions, query = ""): Promise<{ page: Page; running: Rig }> {
  const rig = await start({
    script: { gpus: [fakeGpu(0, { "memory.used": 22_000, "memory.total": 49_140, "utilization.gpu": 0 })] },
    backends: ["comfyui"],
    onUnload: (_, fake) => fake.setGpu(0, { "memory.used": 1_520 }),
    ...options,
  });
  const page = await browser.open(rig.sidecar.url + query);
  await page.getByRole("progressbar").first().waitFor();
  return { page, running: rig };
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

describe("ComfyUI", () => {
  test("REL-1 REL-9 idle: released with two clicks, and measured", async () => {
    const { page, running } = await open({});
    await page.getByText("ComfyUI", { exact: true }).waitFor();
    await page.getByText("idle", { exact: true }).waitFor();
    await releaseButton(page).click();
    await page.getByText("Amount unknown until measured.").waitFor();
    await button(page, "Release now").click();
    await result(page).getByText("20.0 GiB released").waitFor();
    expect(running.backend("comfyui").isLoaded()).toBe(false);
    await page.getByText("Past releases").click();
    await page.getByText("127.0.0.1 · comfyui").waitFor();
  });

  test("REL-7 REL-11 busy: the question offers to wait; the wait is seen in every view, the job completes", async () => {
    const { page, running } = await open({});
    const comfy = running.backend("comfyui");
    comfy.startJob();
    await page.getByText("busy", { exact: true }).waitFor();
    await releaseButton(page).click();
    await page.getByText("ComfyUI is running a job.").waitFor();
    await page.getByText("The job completes; the backend unloads before the next one begins.").waitFor();
    expect(await axeViolations(page)).toEqual([]);
    const other = await browser.open(`${running.sidecar.url}embed?view=compact&lang=zh-CN`);
    const bar = await browser.open(`${running.sidecar.url}embed?view=bar`);
    await button(page, "Release after the job").click();
    await page.getByText("Waiting for the job of ComfyUI to end.").waitFor();
    await other.getByText("正在等待 ComfyUI 的任务结束。").waitFor();
    await bar.getByTitle("Waiting for the job of ComfyUI to end.").waitFor();
    expect(await axeViolations(other)).toEqual([]);
    expect(comfy.isLoaded()).toBe(true);
    comfy.endJob();
    await result(page).getByText("20.0 GiB released").waitFor();
    await other.getByText("已释放 20.0 GiB").waitFor();
    expect([comfy.finishedJobs(), comfy.harmedJobs(), comfy.interruptedJobs()]).toEqual([1, 0, 0]);
  });

  test("REL-11c interrupt is chosen, said, and done", async () => {
    const { page, running } = await open({}, "embed?view=compact");
    const comfy = running.backend("comfyui");
    comfy.startJob();
    await releaseButton(page).click();
    await page.getByText("The running job is stopped and its result is lost.").waitFor();
    await button(page, "Interrupt and release").click();
    await result(page).getByText("20.0 GiB released").waitFor();
    expect([comfy.finishedJobs(), comfy.interruptedJobs()]).toEqual([0, 1]);
  });

  test("REL-11b REL-8 any viewer who may release can cancel the wait; one who may not cannot", async () => {
    const token = "a-token-for-this-test";
    const { page: reader, running } = await open({ flags: ["--token", token] });
    const comfy = running.backend("comfyui");
    comfy.startJob();
    const first = await browser.open(`${running.sidecar.url}#token=${token}`);
    const second = await browser.open(`${running.sidecar.url}embed?view=compact&lang=zh-CN#token=${token}`);
    await first.getByText("busy", { exact: true }).waitFor();
    await releaseButton(first).click();
    await button(first, "Release after the job").click();
    await reader.getByText("Waiting for the job of ComfyUI to end.").waitFor();
    expect(await button(reader, "Cancel release").count()).toBe(0);
    await button(second, "取消释放").click();
    await result(first)
      .getByText(/The release was cancelled by 127\.0\.0\.1/)
      .waitFor();
    await result(reader)
      .getByText(/The release was cancelled/)
      .waitFor();
    comfy.endJob();
    expect([comfy.finishedJobs(), comfy.isLoaded()]).toEqual([1, true]);
  });
});

test("REL-18 A1111 after a release: the panel says what its next job needs, and does it", async () => {
  const { page, running } = await open({ backends: ["a1111"] }, "embed?view=compact");
  await releaseButton(page).click();
  await button(page, "Release now").click();
  await result(page).getByText("20.0 GiB released").waitFor();
  await openDetails(page);
  await page.getByText("A1111 cannot run a job until its model is loaded again.").waitFor();
  await button(page, "Load it again").click();
  await page.getByText("A1111 cannot run a job").waitFor({ state: "detached" });
  expect(running.backend("a1111").isLoaded()).toBe(true);
});

describe("several backends, and the generic hook", () => {
  const both: RigOptions = {
    backends: ["comfyui", "http"],
    onUnload: (kind, fake) => {
      const used = Number(fake.script.gpus[0]?.["memory.used"]);
      fake.setGpu(0, { "memory.used": used - (kind === "http" ? 3_072 : 10_240) });
    },
  };

  test("REL-13 REL-13c all with one button, each with its own figure", async () => {
    const { page } = await open(both);
    await releaseButton(page).click();
    await button(page, "Release now").click();
    await result(page).getByText("13.0 GiB released").waitFor();
    await openDetails(page);
    await page.getByText("ComfyUI: 10,240 MiB").waitFor();
    await page.getByText("http: 3,072 MiB").waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  test("REL-13b one alone from the menu", async () => {
    const { page, running } = await open(both);
    await releaseButton(page).click();
    await page.getByLabel("Which app").selectOption("http");
    await page.getByText("Loaded: wan2.2-i2v-a14b (17.6 GiB)").waitFor();
    await button(page, "Release now").click();
    await result(page).getByText("3.0 GiB released").waitFor();
    expect(running.backend("comfyui").isLoaded()).toBe(true);
  });

  test("REL-17c a process on the GPU carries its backend's name", async () => {
    const { page } = await open({
      script: {
        gpus: [fakeGpu(0, { "memory.used": 22_000, "memory.total": 49_140 })],
        // The fake backend listens in this very process.
        processes: [
          {
            gpu_uuid: String(fakeGpu(0).uuid),
            pid: process.pid,
            process_name: "/opt/venv/bin/python",
            used_memory: 20_000,
          },
        ],
      },
    });
    await openRow(page, 0);
    await page.getByRole("cell", { name: "python ComfyUI", exact: true }).waitFor();
  });

  test("REL-12 what another program took meanwhile is told apart", async () => {
    const uuid = String(fakeGpu(0).uuid);
    const other = (used: number) => ({
      gpu_uuid: uuid,
      pid: 999_902,
      process_name: "/usr/bin/blender",
      used_memory: used,
    });
    const { page } = await open({
      script: {
        gpus: [fakeGpu(0, { "memory.used": 22_000, "memory.total": 49_140 })],
        processes: [other(1000)],
      },
      onUnload: (_, fake) => {
        fake.setGpu(0, { "memory.used": 1_520 + 4_000 });
        fake.set({ processes: [other(5000)] });
      },
    });
    await releaseButton(page).click();
    await button(page, "Release now").click();
    await result(page).getByText("20.0 GiB released").waitFor();
    await openDetails(page);
    await page
      .getByText("Meanwhile, and not counted above: blender (PID 999902, GPU 0) took 4,000 MiB.")
      .waitFor();
  });
});
