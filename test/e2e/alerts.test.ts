import { expect, test } from "vitest";
import { axeViolations } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { idOf, jobsClient } from "../helpers/jobs-client.ts";
import { QUIET_HOST } from "../helpers/rig.ts";

const { browser, start } = inBrowser();

const TOTAL = 24_564;
const CALM = { "memory.used": 2000, "memory.reserved": 0, "memory.total": TOTAL };
const RED = { ...CALM, "memory.used": TOTAL - 50 };
const HOT = { "fan.speed": 0, "temperature.gpu": 88 };
const settings = {
  alerts: {
    ...QUIET_HOST,
    "vram-red-line": { seconds: 1 },
    "fan-stopped": { seconds: 1 },
    // On a machine that does much else it comes before the test is through.
    "one-gpu-full": false,
  },
};

const IN_ENGLISH = {
  title: /^\d alerts?$/,
  sentence: /GPU 1 has had only 0\.0 GiB of VRAM free since .*\d\d:\d\d/,
};
const IN_CHINESE = {
  title: /^\d 条告警$/,
  sentence: /自 .*\d\d:\d\d 起，GPU 1 的空闲显存仅剩 0\.0 GiB，且没有回升/,
};

test("HLT-12 HLT-5 a red line appears with what to do, is acknowledged and muted for everybody, and goes", async () => {
  const rig = await start({ script: { gpus: [fakeGpu(0, HOT), fakeGpu(1, CALM)] }, settings });
  const page = await browser.open(`${rig.sidecar.url}?lang=en`, {
    viewport: { width: 1280, height: 900 },
  });
  const other = await browser.open(`${rig.sidecar.url}?view=compact&lang=zh-CN`);
  rig.fake.setGpu(1, RED);
  // A critical one stands in the head, too, where there is room for it.
  await page.getByRole("alert").filter({ hasText: IN_ENGLISH.sentence }).waitFor();
  await expect.poll(() => page.getByRole("button", { name: IN_ENGLISH.title }).innerText()).toMatch(/2/);
  await page.getByRole("button", { name: IN_ENGLISH.title }).click();
  const card = page.getByRole("dialog", { name: IN_ENGLISH.title });
  const row = card.getByRole("listitem").filter({ hasText: IN_ENGLISH.sentence });
  await row.waitFor();
  await row.getByText(/stop the job/).waitFor();
  await expect.poll(() => card.getByRole("listitem").count()).toBe(2);
  expect(await axeViolations(page)).toEqual([]);
  for (const width of [320, 640, 1600]) {
    await page.setViewportSize({ width, height: 900 });
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    await expect.poll(overflow, { message: `at ${width} px` }).toBeLessThanOrEqual(0);
  }
  // The small view says how many, and what they are to who asks.
  const chip = other.getByRole("button", { name: IN_CHINESE.title });
  await expect.poll(() => chip.innerText()).toMatch(/2/);
  await chip.click();
  await other.getByRole("dialog").getByText(IN_CHINESE.sentence).waitFor();
  await other
    .getByRole("dialog")
    .getByText(/请停止任务/)
    .first()
    .waitFor();
  expect(await axeViolations(other)).toEqual([]);

  await row.getByRole("button", { name: "Got it" }).click();
  await row.getByText("seen").waitFor();
  await expect.poll(() => chip.innerText()).toMatch(/1/);
  const fan = card.getByRole("listitem").filter({ hasText: /88 °C/ });
  await fan.getByRole("combobox").selectOption("60");
  await fan.getByText(/snoozed until .*\d\d:\d\d/).waitFor();

  rig.fake.setGpu(1, CALM);
  await row.waitFor({ state: "detached", timeout: 40_000 });
  await page.keyboard.press("Escape");
  await page.getByText(/Past alerts/).click();
  await page
    .locator(".past-alerts li")
    .filter({ hasText: /0\.0 GiB/ })
    .waitFor();
  expect(await axeViolations(page)).toEqual([]);
});

test("HLT-12 HLT-12b however many there are, all are behind one button, and nothing is pushed", async () => {
  const rig = await start({ script: { gpus: [0, 1].map((i) => fakeGpu(i, { ...RED, ...HOT })) }, settings });
  const page = await browser.open(`${rig.sidecar.url}?lang=en`, { viewport: { width: 320, height: 900 } });
  const chip = page.getByRole("button", { name: /^\d+ alerts?$/ });
  await expect.poll(() => chip.innerText()).toMatch(/4/);
  await chip.click();
  await expect.poll(() => page.getByRole("dialog").getByRole("listitem").count()).toBe(4);
  expect(await axeViolations(page)).toEqual([]);
});

test("HLT-12d the bar shows how many alerts there are, and no code for alerts is loaded before there is one", async () => {
  const rig = await start({ script: { gpus: [fakeGpu(0, CALM)] }, settings });
  const page = await browser.open(`${rig.sidecar.url}?view=bar`);
  await page.getByRole("progressbar").waitFor();
  const loaded = () =>
    page.evaluate(
      () => performance.getEntriesByType("resource").filter(({ name }) => name.includes("Alert")).length,
    );
  expect(await loaded()).toBe(0);
  rig.fake.setGpu(0, RED);
  await page.getByRole("button", { name: /^\d+ alerts?$/ }).click();
  await page
    .getByRole("dialog")
    .getByText(/0\.0 GiB/)
    .waitFor();
  expect(await loaded()).toBeGreaterThan(0);
  expect(await axeViolations(page)).toEqual([]);
});

test("HLT-12c HLT-12e the browser is asked for leave by a click only, and then shows each alert and each job's end once", async () => {
  const rig = await start({ script: { gpus: [fakeGpu(0, CALM)] }, settings });
  const page = await browser.open(`${rig.sidecar.url}?lang=en`);
  // Chromium without a screen has no notifications of its own: what the page asks of it is written down.
  await page.addInitScript(() => {
    const log: string[] = [];
    let permission: NotificationPermission = "default";
    class FakeNotification {
      static get permission() {
        return permission;
      }
      static async requestPermission() {
        log.push("asked");
        permission = "granted";
        return permission;
      }
      constructor(message: string, options?: NotificationOptions) {
        log.push(`${message} | ${options?.body ?? ""}`);
      }
    }
    Object.assign(globalThis, { Notification: FakeNotification, notificationLog: log });
  });
  await page.reload();
  const log = () =>
    page.evaluate(() => (globalThis as unknown as { notificationLog: string[] }).notificationLog);
  await page.getByText("Past alerts").click();
  const button = page.getByRole("button", { name: "Notify me in this browser" });
  await button.waitFor();
  expect(await log()).toEqual([]);
  await button.click();
  await page.getByRole("button", { name: "Turn off" }).waitFor();
  expect(await log()).toEqual(["asked"]);
  rig.fake.setGpu(0, RED);
  await page.getByRole("button", { name: /^\d+ alerts?$/ }).click();
  await expect
    .poll(log)
    .toEqual(["asked", expect.stringMatching(/^GPU 0 has had only 0\.0 GiB.* \| stop the job/)]);
  await page.getByRole("button", { name: "Got it" }).click();
  await page.getByText("seen", { exact: true }).waitFor();
  expect(await log()).toHaveLength(2);
  rig.fake.setGpu(0, CALM);
  // A job may be shorter than it takes to fetch the part that tells of it.
  let onEnd = () => {};
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve;
  });
  await page.route(/\/JobNotices-/, async (route) => {
    await ended;
    await route.continue();
  });
  const jobs = jobsClient(() => rig.sidecar.url);
  const id = idOf(await jobs.ask({ label: "a prompt", peakMiB: 900 }));
  expect((await jobs.show(id, 30)).job?.state).toBe("running");
  await page.getByText("a prompt").first().waitFor();
  await jobs.end(id, { outcome: "failed" });
  onEnd();
  await expect
    .poll(log)
    .toEqual([...(await log()).slice(0, 2), expect.stringMatching(/^Job failed \| GPU 0 · \d+ s$/)]);
});
