import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { TestBrowser } from "./browser.ts";
import { fakeGpu } from "./fake-nvidia-smi.ts";
import { groupOf, hostIn, SECRET, seen, startGroupRigs, statusIn } from "./group-rigs.ts";
import { idOf, jobsClient } from "./jobs-client.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * Three hosts over a real Redis and the page of a fourth without a GPU: a job and a release that are passed on are seen
 * in it, and it goes on by itself when Redis was away for so long and has come back without its data.
 */
export async function pageFollowsGroup(
  browser: Pick<TestBrowser, "open">,
  { awayMs, keepsData }: { awayMs: number; keepsData: boolean },
): Promise<void> {
  const group = await startGroupRigs({ keepsData });
  let open: Page | undefined;
  try {
    const flags = ["--group-secret", SECRET];
    const hosts = [];
    for (const [name, used] of [
      ["gpu1", 2048],
      ["gpu2", 4096],
      ["gpu3", 6144],
    ] as const)
      hosts.push(
        await group.member("page", name, { flags, script: { gpus: [fakeGpu(0, { "memory.used": used })] } }),
      );
    const hub = await group.member("page", "hub", { flags: [...flags, "--source", "none"] });
    const view = await seen(hub, "all three", (all) =>
      ["gpu1", "gpu2", "gpu3"].every((name) => statusIn(all, name) === "live"),
    );
    const page = await browser.open(hub.sidecar.url);
    open = page;
    const row = (name: string) => page.getByRole("row").filter({ hasText: name });
    await row("gpu1").getByText("2.0/24 GiB").waitFor();
    await row("gpu3").getByText("6.0/24 GiB").waitFor();

    // A job on one host and a release on another, both asked for here.
    const [, gpu2, gpu3] = hosts;
    const jobs = jobsClient(() => hub.sidecar.url);
    const wish = {
      host: hostIn(view, "gpu2")?.id,
      requestId: "over the group",
      label: "over the group",
      peakMiB: 6000,
    };
    const id = idOf(await jobs.ask(wish));
    const there = jobsClient(() => gpu2?.sidecar.url ?? "");
    expect((await there.list()).map((job) => job.id)).toEqual([id]);
    await row("gpu2").getByText("live · 1 job").waitFor();
    // One click into that host's own panel, which shows it by its name, and back.
    await row("gpu2").getByRole("link", { name: "gpu2" }).click();
    await page.getByRole("region", { name: "Jobs" }).getByText("over the group").waitFor();
    await page.goBack();
    expect((await jobs.end(id)).job?.state).toBe("done");
    await row("gpu2").getByText("live", { exact: true }).waitFor();
    await row("gpu3").getByRole("button", { name: "Release VRAM of gpu3" }).click();
    expect(gpu3?.hook.calls.length).toBe(0);
    await row("gpu3").getByRole("button", { name: "Yes, release VRAM of gpu3" }).click();
    await waitUntil(() => gpu3?.hook.calls.length === 1, { what: "the release there" });
    gpu3?.fake.setGpu(0, { "memory.used": 1024 });
    await row("gpu3").getByText("1.0/24 GiB").waitFor();
    await row("gpu3").getByRole("button", { name: "Release VRAM of gpu3", exact: true }).waitFor();

    await group.redis.kill();
    await page.getByText("Redis cannot be reached").waitFor();
    await row("gpu1").getByText("stale").waitFor();
    // Not until something happens, but for so long: this is what is tried.
    await new Promise((resolve) => setTimeout(resolve, awayMs));
    hosts[0]?.fake.setGpu(0, { "memory.used": 8192 });
    await group.redis.start();
    await row("gpu1").getByText("8.0/24 GiB").waitFor();
    await page.getByText("Redis cannot be reached").waitFor({ state: "detached" });
    await waitUntil(async () => (await groupOf(hub)).hosts.every(({ status }) => status === "live"), {
      what: "all of them live",
    });
    expect(await page.getByRole("row").count()).toBe(4);
  } finally {
    // Before its sidecar, whose end it would log.
    await open?.close();
    await group.close();
  }
}
