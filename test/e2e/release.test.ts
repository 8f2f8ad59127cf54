import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { axeViolations } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import {
  openDetails,
  pressRelease as press,
  releaseButton,
  releaseResult as result,
  rowOf,
} from "../helpers/on-panel.ts";
import type { Rig, RigOptions } from "../helpers/rig.ts";
import { startSidecar } from "../helpers/sidecar.ts";
import { answerJson } from "../helpers/unload-hook.ts";

const { browser, start } = inBrowser();

async function open(options: RigOptions, query = ""): Promise<{ page: Page; running: Rig }> {
  const script = { gpus: [fakeGpu(0, { "memory.used": 22_000, "utilization.gpu": 0 })], ...options.script };
  const rig = await start({ ...options, script });
  const page = await browser.open(rig.sidecar.url + query);
  await page.getByRole("progressbar").first().waitFor();
  return { page, running: rig };
}

describe("a release that works", () => {
  test("REL-1 REL-7 asked for, followed, and shown in GiB as measured", async () => {
    const { page, running } = await open({
      settings: { releasePatience: 60_000 },
      hook: () => (response) => answerJson(response, 200, { freed_mib: 22_000 }),
    });
    await releaseButton(page).click();
    await page.getByText("Unload the models?").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    expect(running.hook.calls).toHaveLength(0);
    await press(page);
    await page.getByText("Measuring what comes back…").waitFor();
    // Not before it was seen to be measured, which a busy page shows late.
    running.fake.setGpu(0, { "memory.used": 1_520 });
    await result(page).getByText("20.0 GiB released").waitFor();
    await openDetails(page);
    await page.getByText("GPU 0: 22,000 → 1,520 MiB").waitFor();
    await page.getByText("Claimed by the app: 22,000 MiB.").waitFor();
    expect(running.hook.calls).toHaveLength(1);
    await page.getByRole("dialog").getByRole("button", { name: "Dismiss" }).click();
    await result(page).waitFor({ state: "detached" });
    await expect.poll(() => releaseButton(page).isEnabled()).toBe(true);
  });

  test("REL-8 a second viewer sees it too, in Chinese, in the compact view", async () => {
    const { page, running } = await open({
      hook: (fake) => (response) => {
        fake.setGpu(0, { "memory.used": 1_520 });
        response.writeHead(204).end();
      },
    });
    const other = await browser.open(`${running.sidecar.url}embed?view=compact&lang=zh-CN`);
    await other.getByRole("button", { name: "释放显存" }).waitFor();
    await press(page);
    await other.getByText("已释放 20.0 GiB").waitFor();
    await result(page).getByText("20.0 GiB released").waitFor();
  });

  test("REL-7 with a job running the question says so, and Escape takes it back", async () => {
    const { page, running } = await open({ script: { gpus: [fakeGpu(0, { "utilization.gpu": 97 })] } });
    await releaseButton(page).click();
    await page.getByText("Busy: GPU 0 (97%). A job seems to be running there and may be lost.").waitFor();
    await page.keyboard.press("Escape");
    await releaseButton(page).waitFor();
    expect(running.hook.calls).toHaveLength(0);
  });

  test("REL-25 asked in vain twice, it is not counted on, and a restart is offered with what it holds", async () => {
    const gpu = fakeGpu(0, { "memory.used": 20_000, "utilization.gpu": 0 });
    const { page } = await open({
      // The process that listens is this one.
      script: {
        gpus: [gpu],
        processes: [
          { gpu_uuid: String(gpu.uuid), pid: process.pid, process_name: "python", used_memory: 18_432 },
        ],
      },
      settings: { releasePatience: 500 },
      hookStatus: () => ({ busy: false }),
    });
    await releaseButton(page).getByText("≈ 17.7 GiB").waitFor();
    await press(page);
    await result(page).getByText("Still held: http 18.0 GiB").waitFor();
    await press(page);
    const hint = `http (PID ${process.pid}) keeps 18.0 GiB. Two releases gave nothing back: restart it.`;
    await result(page).getByText(hint).waitFor();
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.getByText(hint).waitFor();
    expect(await releaseButton(page).textContent()).not.toContain("GiB");
    await releaseButton(page).click();
    await page.getByRole("dialog").getByText(hint).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await openDetails(page);
    await page.getByRole("dialog").getByText(hint).waitFor();
  });

  test("REL-1 the demo's release really lowers its memory", async () => {
    const demo = await startSidecar(["--source", "demo:1", "--interval", "250"]);
    const page = await browser.open(demo.url);
    await releaseButton(page).click();
    await page.getByText("Unload the simulated models?").waitFor();
    await page.getByRole("button", { name: "Release now" }).click();
    // Both at once: the next simulated job begins soon after.
    await Promise.all([
      result(page)
        .getByText(/[\d.]+ GiB released/)
        .waitFor(),
      rowOf(page, 0).getByText("2.0 / 48").waitFor(),
    ]);
    await browser.finishTest();
    await demo.end();
  });
});

describe("a release that fails", () => {
  const failures: [string, RegExp, RegExp, RigOptions][] = [
    [
      "lies",
      /The backend accepted, but no VRAM came back within 3 s\./,
      /Measured: 0 MiB came back\./,
      {
        hook: () => (response) => answerJson(response, 200, { freed_mib: 20_000 }),
        settings: { releasePatience: 3000 },
      },
    ],
    [
      "hangs",
      /The backend did not answer within 1 s\./,
      /It may be busy/,
      { hook: () => () => {}, hookTimeoutMs: 1000 },
    ],
    [
      "answers 500",
      /The backend answered with an error: HTTP 500\./,
      /Look into the backend's log/,
      { hook: () => (response) => answerJson(response, 500, {}) },
    ],
  ];
  test.each(failures)(
    "REL-2 REL-3 a backend that %s has a message of its own, and the panel stays usable",
    async (_, message, more, options) => {
      const { page, running } = await open(options);
      await press(page);
      await result(page).getByText(message).waitFor();
      await openDetails(page);
      await page.getByText(more).first().waitFor();
      await page.keyboard.press("Escape");
      running.fake.setGpu(0, { "memory.used": 3_210 });
      await rowOf(page, 0).getByText("3.1 / 24").waitFor();
      await releaseButton(page).click();
      await page.getByRole("button", { name: "Release now" }).waitFor();
    },
  );

  test("REL-2b where the driver hides processes, how much none of them explains is said in place of an empty list", async () => {
    const listed = (mib: number) => ({
      gpu_uuid: String(fakeGpu(0).uuid),
      pid: 777,
      process_name: "/usr/bin/python",
      used_memory: mib,
    });
    // 22,000 MiB in use, of which a process that is seen holds all but 5,104.
    const { page, running } = await open({ script: { processes: [] }, settings: { releasePatience: 2000 } });
    const chinese = await browser.open(`${running.sidecar.url}embed?view=compact&lang=zh-CN`);
    await press(page);
    await openDetails(page);
    await openDetails(chinese);
    await page.getByText(/For 21\.5 GiB in use the driver names no process here: in a container/).waitFor();
    await chinese.getByText(/有 21\.5 GiB 驱动在此未列出所属进程/).waitFor();
    expect(await page.getByText("Still in use").count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    running.fake.set({ processes: [listed(16_896)] });
    await press(page);
    await openDetails(page);
    await page.getByText(/python \(PID 777, GPU 0\) 16\.5 GiB/).waitFor();
    await page.getByText(/For 5\.0 GiB in use the driver names no process here/).waitFor();
    await page.keyboard.press("Escape");
    running.fake.set({ processes: [listed(21_000)] });
    await press(page);
    await openDetails(page);
    await page.getByText(/python \(PID 777, GPU 0\) 20\.5 GiB/).waitFor();
    expect(await page.getByText("the driver names no process").count()).toBe(0);
  });

  test("REL-3 a backend that is down has a message of its own", async () => {
    const { page, running } = await open({});
    await running.hook.close();
    await press(page);
    await result(page).getByText("The backend cannot be reached (ECONNREFUSED).").waitFor();
  });

  test("SEC-9 without the token the button is off and says how to get it; with it, it works, and the token leaves the address", async () => {
    const token = "a-token-for-this-test";
    const { page, running } = await open({ flags: ["--token", token] });
    await expect.poll(() => releaseButton(page).isDisabled()).toBe(true);
    await page.getByText(/This page may look but not act\. Open the panel with the link/).waitFor();
    const allowed = await browser.open(`${running.sidecar.url}#token=${token}`);
    await expect.poll(() => releaseButton(allowed).isEnabled()).toBe(true);
    expect(allowed.url()).toBe(running.sidecar.url);
    await allowed.reload();
    await expect.poll(() => releaseButton(allowed).isEnabled()).toBe(true);
  });
});
