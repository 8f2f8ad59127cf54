import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { axeViolations } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { jobsClient } from "../helpers/jobs-client.ts";
import { live } from "../helpers/jobs-rig.ts";
import { openRow, openWhy, rowOf } from "../helpers/on-panel.ts";
import type { Rig } from "../helpers/rig.ts";

const { browser, start } = inBrowser();
const uuid = String(fakeGpu(0).uuid);

/** What one process holds, and what the whole GPU does: 500 MiB more. */
function hold({ fake }: Rig, pid: number, mib: number, util: number) {
  fake.setGpu(0, { "memory.used": mib + 500, "utilization.gpu": util });
  fake.set({
    processes: [{ gpu_uuid: uuid, pid, process_name: "/usr/bin/python wan.py", used_memory: mib }],
  });
}

const timeline = (page: Page) => page.locator("section.hist");
const phase = (page: Page, text: RegExp) => timeline(page).locator(".phases li", { hasText: text }).first();

test("PNL-21 the two humps of a declared job are seen and named, in both languages, and stay after its end", async () => {
  const rig = await start({
    script: { gpus: [fakeGpu(0, { "memory.total": 49_140, "memory.used": 500 })] },
  });
  const jobs = jobsClient(() => rig.sidecar.url);
  const [page, chinese] = await Promise.all([
    browser.open(rig.sidecar.url),
    browser.open(`${rig.sidecar.url}?lang=zh-CN`),
  ]);
  await live(rig);
  const { job } = await jobs.ask({ label: "red fox", profile: "wan2.2-i2v-a14b", pid: process.pid });
  // What its process takes before it is let in would keep it waiting.
  await expect.poll(async () => (await jobs.show(job?.id ?? "")).job?.state).toBe("running");
  hold(rig, process.pid, 18_000, 98);
  await phase(page, /high-noise model 17\.\d GiB/).waitFor({ timeout: 60_000 });
  hold(rig, process.pid, 39_300, 99);
  await phase(page, /peak while sampling 38\.\d GiB/).waitFor({ timeout: 60_000 });
  await phase(chinese, /采样峰值 38\.\d GiB/).waitFor({ timeout: 60_000 });
  const list = timeline(page).getByRole("list", { name: "Jobs on this GPU" });
  // What the job reserves: the published peak and what it may be wrong by.
  await list.getByText(/declared job · running · peak expected 4\d\.\d GiB/).waitFor();
  // The bands above the chart tell the same, on its time axis.
  const bands = timeline(page).locator(".run");
  await expect.poll(() => bands.getAttribute("data-declared")).toBe("true");
  await expect
    .poll(() => timeline(page).locator(".run-phase").allInnerTexts())
    .toContainEqual(expect.stringMatching(/\d peak while sampling/));
  await expect.poll(() => timeline(page).locator('.mark-line[data-mark="phase"]').count()).toBeGreaterThan(0);
  for (const one of [page, chinese]) expect(await axeViolations(one)).toEqual([]);

  await jobs.end(job?.id ?? "");
  rig.fake.set({ processes: [] });
  rig.fake.setGpu(0, { "memory.used": 500, "utilization.gpu": 0 });
  await list.getByText(/declared job · ended · peak 38\.\d GiB/).waitFor({ timeout: 60_000 });
  await phase(page, /high-noise model/).waitFor();
});

test("PNL-21 CAP-17 a process that nobody declared is shown as what seems to be a job, and what a second would gain is said", async () => {
  const rig = await start({
    script: { gpus: [fakeGpu(0, { "memory.total": 81_559, "memory.used": 500 })] },
  });
  const jobs = jobsClient(() => rig.sidecar.url);
  const page = await browser.open(rig.sidecar.url);
  await live(rig);
  const asked = await jobs.ask({ label: "clip", profile: "wan2.1-1.3b-t2v-480p-quant", pid: process.pid });
  expect(asked.job?.state).toBe("running");
  hold(rig, process.pid, 12_000, 97);
  await openRow(page, 0);
  await openWhy(page);
  await page
    .getByText("Fits, but will not finish sooner: GPU 0 already ≥ 90% busy.", { exact: false })
    .waitFor({ timeout: 60_000 });
  await page.getByText(/^9\d% busy: another fits, but will not finish sooner$/).waitFor();

  const [marked] = rig.fake.script.processes;
  let mib = 9000;
  // A process that holds the same for long in company of a job may be idle: this one's memory goes up and down.
  const breathing = setInterval(() => {
    mib = mib === 9000 ? 9900 : 9000;
    const other = { gpu_uuid: uuid, pid: 987_654, process_name: "/opt/other-python", used_memory: mib };
    rig.fake.set({ processes: marked === undefined ? [other] : [marked, other] });
    rig.fake.setGpu(0, { "memory.used": 12_900 + mib });
  }, 500);
  onTestFinished(() => clearInterval(breathing));
  await timeline(page)
    .getByRole("listitem")
    .filter({ hasText: /other-python detected job/ })
    .first()
    .waitFor({ timeout: 60_000 });
  await expect.poll(() => timeline(page).locator('.run[data-declared="false"]').count()).toBe(1);
});

test("PNL-21 CAP-32 where the machine tells of no process the humps of a declared job that is alone are seen too", async () => {
  const rig = await start({
    script: { gpus: [fakeGpu(0, { "memory.total": 49_140, "memory.used": 500 })], processes: [] },
  });
  const jobs = jobsClient(() => rig.sidecar.url);
  const page = await browser.open(rig.sidecar.url);
  await live(rig);
  const shown = async (mib: number) => {
    rig.fake.setGpu(0, { "memory.used": mib, "utilization.gpu": 98 });
    await rowOf(page, 0)
      .getByText(`${(mib / 1024).toFixed(1)} / 48`)
      .waitFor({ timeout: 60_000 });
  };
  const { job } = await jobs.ask({ label: "red fox", profile: "wan2.2-i2v-a14b", ttlSeconds: 600 });
  await shown(700);
  await shown(19_000);
  await phase(page, /high-noise model 18\.\d GiB/).waitFor({ timeout: 60_000 });
  await shown(39_700);
  await phase(page, /peak while sampling 38\.\d GiB/).waitFor({ timeout: 60_000 });
  await jobs.end(job?.id ?? "", { outcome: "done" });
  await shown(500);
  await timeline(page)
    .getByText(/declared job · ended · peak 38\.\d GiB/)
    .waitFor({ timeout: 60_000 });
});
