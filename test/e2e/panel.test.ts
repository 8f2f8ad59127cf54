import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { openRow, openWhy, releaseButton, rowOf } from "../helpers/on-panel.ts";
import { RIG_INTERVAL_MS } from "../helpers/rig.ts";
import { SCALED, startSidecar } from "../helpers/sidecar.ts";
import { startTcpRelay } from "../helpers/tcp-relay.ts";

const { browser, start } = inBrowser();

const status = (page: Page) => page.getByTestId("status");
const hasText = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

describe("live figures", () => {
  test("PNL-1 PNL-2 what the driver says is on the page, and what it does not say is a dash", async () => {
    const { sidecar, fake } = await start({
      script: {
        gpus: [
          fakeGpu(0, {
            "memory.total": 24_564,
            "memory.used": 12_345,
            "utilization.gpu": 37,
            "temperature.gpu": 61,
          }),
          fakeGpu(1, { "utilization.gpu": "[N/A]", "power.draw": "[Not Supported]", "memory.used": "[N/A]" }),
        ],
      },
    });
    const page = await browser.open(sidecar.url);
    const first = rowOf(page, 0);
    await first.getByText("12.1 / 24").waitFor();
    expect(await first.innerText()).toMatch(/50%[\s\S]*61°[\s\S]*37%/);
    const bar = first.getByRole("progressbar");
    expect(await bar.getAttribute("aria-valuenow")).toBe("50");
    const second = await rowOf(page, 1).innerText();
    // VRAM, its share, temperature, utilization, power.
    expect(second).toMatch(/— \/ 24\s+—\s+\d+°\s+—\s+—/);
    expect(await rowOf(page, 1).getByRole("progressbar").getAttribute("aria-valuenow")).toBeNull();
    expect(await rowOf(page, 1).getByRole("progressbar").getAttribute("aria-valuetext")).toBe("not reported");

    fake.setGpu(0, { "memory.used": 20_001 });
    await first.getByText("19.5 / 24").waitFor();
  });

  test("CAP-5 the recommendation and its arithmetic follow the chosen profile", async () => {
    const { sidecar } = await start({
      script: {
        gpus: [fakeGpu(0, { "memory.total": 81_559, "memory.used": 1_000, "memory.reserved": 559 })],
      },
    });
    const page = await browser.open(sidecar.url);
    // Published as 12,200 MiB; 10 % more are reserved: 79,744 ÷ 13,420 = 5.9
    await page.getByTestId("can-start").getByText("5", { exact: true }).waitFor();
    await openWhy(page);
    await hasText(page, "80,000 MiB free − 256 kept free = 79,744 MiB; one job needs 13,420: 5");
    await page.getByLabel("For a job like").selectOption("wan2.2-i2v-a14b");
    await page.getByTestId("can-start").getByText("1", { exact: true }).waitFor();
    await page.reload();
    await page.getByTestId("can-start").getByText("1", { exact: true }).waitFor();
    const chosen = await page.getByLabel("For a job like").inputValue();
    expect(chosen).toBe("wan2.2-i2v-a14b");
    const other = await browser.open(`${sidecar.url}?model=wan2.1-14b-t2v-480p&lang=zh-CN`);
    await other.getByTestId("can-start").getByText("1", { exact: true }).waitFor();
    await openWhy(other);
    await hasText(other, /空闲 80,000 MiB − 留空 256 = 79,744 MiB；每个任务需 45,320：1 个/);
  });

  test("CAP-4 CAP-12 a GPU without VRAM figures gets no recommendation, one that shares the host's memory gets the host's", async () => {
    const unknown = { "memory.total": "[N/A]", "memory.used": "[N/A]" };
    const { sidecar, fake } = await start({
      script: { gpus: [fakeGpu(0, { ...unknown, name: "Tesla K20" })] },
    });
    const page = await browser.open(sidecar.url);
    await hasText(page, "Not known: free VRAM is not reported");
    expect(await page.getByTestId("can-start").innerText()).toBe("—");
    await openRow(page, 0);
    await rowOf(page, 0).getByText("reports no VRAM figures").waitFor();
    const [compact, bar] = await Promise.all([
      browser.open(`${sidecar.url}embed?view=compact&lang=zh-CN`),
      browser.open(`${sidecar.url}embed?view=bar`),
    ]);
    const line = compact.locator(".cr");
    await line.getByText("—/—").waitFor();
    await compact.getByText("未知：没有空闲显存的数据").waitFor();
    const barTitle = () => bar.locator(".cell").getAttribute("title");
    await expect.poll(barTitle).toMatch(/^Tesla K20: This GPU reports no VRAM figures/);
    fake.set({ gpus: [fakeGpu(0, { ...unknown, name: "NVIDIA GB10" })] });
    await rowOf(page, 0)
      .getByText("This GPU shares the host's memory: the figures are the host's.")
      .waitFor();
    await page.getByTestId("can-start").getByText(/^\d+$/).waitFor();
    await line.getByText(/^\d+\.\d\/\d+(\.\d)? GiB$/).waitFor();
    await expect
      .poll(barTitle)
      .toBe("NVIDIA GB10: This GPU shares the host's memory: the figures are the host's.");
    await bar
      .locator(".cell")
      .getByText(/^\d+\.\d \/ \d+(\.\d)? GiB$/)
      .waitFor();
    await rowOf(page, 0)
      .getByText(/^[\d.]+ \/ [\d.]+$/)
      .waitFor();
  });

  test("PNL-2 processes and details are there on demand, hidden names told as hidden", async () => {
    const uuid = String(fakeGpu(0).uuid);
    const { sidecar } = await start({
      script: {
        processes: [
          {
            gpu_uuid: uuid,
            pid: 4242,
            process_name: "/opt/conda/bin/python,wan.py --token secret",
            used_memory: 10_240,
          },
          { gpu_uuid: uuid, pid: 99, process_name: "[Not Found]", used_memory: "[N/A]" },
        ],
      },
    });
    const page = await browser.open(sidecar.url);
    await openRow(page, 0);
    const table = rowOf(page, 0).getByRole("table");
    await expect
      .poll(() => table.innerText())
      .toMatch(/4242\s+python,wan\.py\s+10\.0 GiB\s+99\s+\(name hidden\)\s+—/);
  });
});

describe("trouble", () => {
  test("PNL-3 PNL-3b SMP-9 SMP-9b a failing nvidia-smi is told with advice, its figures become dashes, and all comes back", async () => {
    const { sidecar, fake } = await start();
    const page = await browser.open(sidecar.url);
    await rowOf(page, 0)
      .getByText(/^[\d.]+ \/ 24$/)
      .waitFor();
    fake.set({
      behaviour: {
        kind: "sentence",
        text: "Failed to initialize NVML: Driver/library version mismatch",
        exitCode: 18,
      },
    });
    await hasText(page, "Driver and library versions do not match.");
    await hasText(page, /reboot, or unload and reload/);
    await status(page).getByText("No data").waitFor();
    await expect.poll(() => rowOf(page, 0).innerText()).toMatch(/— \/ 24/);
    await expect.poll(() => page.getByTestId("can-start").innerText()).toBe("—");
    const chinese = await browser.open(`${sidecar.url}?view=bar&lang=zh-CN`);
    for (const [one, name, why] of [
      [page, /^Release VRAM/, "Waits for new data"],
      [chinese, /^释放/, "等待新数据"],
    ] as const) {
      const release = one.getByRole("button", { name });
      await expect.poll(() => release.isDisabled()).toBe(true);
      await expect.poll(() => release.getAttribute("title")).toBe(why);
    }
    await page.getByText("Waits for new data").waitFor();
    fake.set({ behaviour: { kind: "ok" } });
    await status(page).getByText("Live").waitFor();
    for (const one of [page, chinese])
      await expect.poll(() => one.locator("button.rel").isEnabled()).toBe(true);
    await rowOf(page, 0)
      .getByText(/^[\d.]+ \/ 24$/)
      .waitFor();
    await expect.poll(() => page.getByText("Driver and library versions").count()).toBe(0);
  });

  test("PNL-3 PNL-3b a hanging nvidia-smi is told as silence, and recovers", async () => {
    const { sidecar, fake } = await start();
    const page = await browser.open(sidecar.url);
    await status(page).getByText("Live").waitFor();
    fake.set({ behaviour: { kind: "hang" } });
    // Both at once: when the next attempt hangs too, it is called a failure.
    await Promise.all([
      hasText(page, /nvidia-smi has been silent for \d+ s/),
      status(page).getByText("No new data").waitFor(),
    ]);
    fake.set({ behaviour: { kind: "ok" } });
    await status(page).getByText("Live").waitFor();
  });

  test("SMP-11 a lost GPU is shown as lost beside the others", async () => {
    const { sidecar, fake } = await start({ script: { gpus: [fakeGpu(0), fakeGpu(1)] } });
    const page = await browser.open(sidecar.url);
    await rowOf(page, 1).waitFor();
    fake.set({ gpus: [fakeGpu(0)] });
    await rowOf(page, 1).getByText("does not answer").waitFor();
    await hasText(page, /A GPU does not answer any more: 1/);
    await expect.poll(() => rowOf(page, 1).innerText()).toMatch(/— \/ 24/);
    await expect.poll(() => rowOf(page, 0).innerText()).not.toContain("—");
    fake.set({ gpus: [fakeGpu(0), fakeGpu(1)] });
    await rowOf(page, 1).getByText("does not answer").waitFor({ state: "detached" });
  });

  test("PNL-3 PNL-3b REL-5b CAP-6 offline is told, the button is off, and a new run of the sidecar is picked up", async () => {
    const running = await start({ own: true });
    // Chromium itself logs each connection that is refused; one that nobody answers yet it does not.
    const relay = await startTcpRelay(running.sidecar.url);
    const page = await browser.open(relay.url);
    await status(page).getByText("Live").waitFor();
    relay.cut();
    await running.sidecar.end("SIGKILL");
    await hasText(
      page,
      /The panel service cannot be reached: the figures are old\. Trying again by itself\./,
    );
    await status(page).getByText("Reconnecting…").waitFor();
    await expect.poll(() => releaseButton(page).isDisabled()).toBe(true);
    await hasText(page, "Waits for the connection");
    await expect.poll(() => page.getByTestId("can-start").innerText()).toBe("—");
    running.fake.setGpu(0, { "memory.used": 7_654 });
    const again = await startSidecar(["--interval", "250"], { ...running.fake.env });
    relay.lead(again.url);
    await rowOf(page, 0).getByText("7.5 / 24").waitFor();
    await status(page).getByText("Live").waitFor();
    await browser.finishTest();
    await relay.close();
    await again.end();
  });

  test("WIRE-3 WIRE-3b PNL-9 a hidden tab asks for no samples, says in its title what there is to know, and catches up when it is seen", async () => {
    const gpu = { "memory.total": 81_559, "memory.reserved": 559 };
    const { sidecar, fake } = await start({
      script: { gpus: [fakeGpu(0, { ...gpu, "memory.used": 1_000 })] },
    });
    const page = await browser.open(sidecar.url);
    await status(page).getByText("Live").waitFor();
    const chinese = await browser.open(`${sidecar.url}?lang=zh-CN`);
    await expect.poll(() => page.title()).toMatch(/^[1-9]\d* more · 1% · GPU status$/);
    await expect.poll(() => chinese.title()).toMatch(/^可再开 [1-9]\d* 个 · 1% · GPU 状态$/);
    await chinese.close();
    const rate = async () =>
      (await (await fetch(`${sidecar.url}api/v1/state`)).json()).state.source.intervalMs;
    await expect.poll(rate).toBe(RIG_INTERVAL_MS);
    const setHidden = (hidden: boolean) =>
      page.evaluate((isHidden) => {
        Object.defineProperty(document, "visibilityState", {
          value: isHidden ? "hidden" : "visible",
          configurable: true,
        });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await setHidden(true);
    await expect.poll(rate, { timeout: 60_000, interval: 250 }).toBe(SCALED.sampling.idleIntervalMs);
    fake.setGpu(0, { "memory.used": 81_000 });
    await expect.poll(() => page.title(), { timeout: 30_000 }).toBe("0 more · 99% · GPU status");
    await setHidden(false);
    await expect.poll(rate).toBe(RIG_INTERVAL_MS);
    await status(page).getByText("Live").waitFor();
    fake.setGpu(0, { "memory.used": 1_000 });
    await expect.poll(() => page.title()).toMatch(/^[1-9]\d* more · 1% · GPU status$/);
  });
});

describe("the demo", () => {
  test.each(["full", "compact", "bar"])("PNL-4 says that it is one, view %s", async (view) => {
    const sidecar = await startSidecar([], { PATH: "/nonexistent" });
    const page = await browser.open(`${sidecar.url}embed?view=${view}`);
    await status(page).getByText("Demo").waitFor();
    if (view !== "full") await page.getByRole("button", { name: "Demo" }).click();
    await hasText(page, "Demo data: no NVIDIA driver was found on this machine.");
    await page.getByRole("progressbar").first().waitFor();
    await browser.finishTest();
    await sidecar.end();
  });
});
