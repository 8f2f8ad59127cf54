import { afterEach, describe, expect, test } from "vitest";
import { axeViolations } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { pageFollowsGroup } from "../helpers/group-page.ts";
import { seen, statusIn } from "../helpers/group-rigs.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { type Rig, type RigOptions, startRig } from "../helpers/rig.ts";

const peers: Rig[] = [];
// Registered first, so that it runs last: a page would log that its sidecar is gone.
afterEach(async () => {
  for (const rig of peers.splice(0)) await rig.close();
});
const { browser, start } = inBrowser();
async function peer(name: string, usedMiB: number): Promise<Rig> {
  const rig = await startRig({
    flags: ["--host-name", name],
    script: { gpus: [fakeGpu(0, { "memory.used": usedMiB })] },
  });
  peers.push(rig);
  return rig;
}
/** Long enough to be read, as the test's clock has it. */
const goneLate: RigOptions["timings"] = (scaled) => ({
  ...scaled,
  group: { ...scaled.group, goneMs: 60_000 },
});

describe("many hosts in the panel", () => {
  test("GRP-11 GRP-11b GRP-11c the page of a host without GPUs shows the others: their figures as they change, and who falls silent", async () => {
    const a = await peer("gpu1", 6144);
    const b = await peer("gpu2", 2048);
    const hub = await start({
      settings: { peers: [{ url: a.sidecar.url }, { url: b.sidecar.url }] },
      flags: ["--source", "none"],
      timings: goneLate,
    });
    await seen(hub, "both", (group) => ["gpu1", "gpu2"].every((name) => statusIn(group, name) === "live"));
    const page = await browser.open(hub.sidecar.url);
    await page.getByText("This host has no GPU of its own.").waitFor();
    const row = (name: string) => page.getByRole("row").filter({ hasText: name });
    await row("gpu1").getByText("6.0/24 GiB").waitFor();
    await row("gpu2").getByText("2.0/24 GiB").waitFor();
    await page.getByRole("heading", { name: "more can start" }).waitFor();
    expect(await axeViolations(page)).toEqual([]);
    a.fake.setGpu(0, { "memory.used": 12_288 });
    await row("gpu1").getByText("12.0/24 GiB").waitFor();
    await b.sidecar.end();
    await row("gpu2").getByText("stale").waitFor();
    await row("gpu2").getByText("—").waitFor();
    await row("gpu1").getByRole("link", { name: "gpu1" }).click();
    await page.waitForURL(a.sidecar.url);
    await page.getByRole("rowgroup").first().waitFor();
  });

  test("GRP-4b GRP-7 GRP-7b GRP-7c GRP-11 over Redis: jobs and releases passed on are seen, and the page outlasts a Redis that goes and comes back", () =>
    pageFollowsGroup(browser, { awayMs: 0, keepsData: false }));

  test("GRP-11 a host with GPUs shows the others below its own, and who is alone shows none", async () => {
    const other = await peer("gpu2", 3072);
    const own = await start({
      settings: { peers: [{ url: other.sidecar.url }] },
      flags: ["--host-name", "gpu1"],
    });
    const page = await browser.open(own.sidecar.url);
    await page.getByRole("table", { name: "Hosts of the group" }).waitFor();
    await page.getByRole("row").filter({ hasText: "gpu2" }).getByText("3.0/24 GiB").waitFor();
    await page.goto(other.sidecar.url);
    await page.getByRole("rowgroup").first().waitFor();
    expect(await page.getByRole("table", { name: "Hosts of the group" }).count()).toBe(0);
  });
});
