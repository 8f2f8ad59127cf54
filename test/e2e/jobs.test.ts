import { expect, test } from "vitest";
import { axeViolations } from "../helpers/browser.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { openWhy } from "../helpers/on-panel.ts";

const { browser, start } = inBrowser();

async function postJob(url: string, body: object): Promise<number> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}api/v1/jobs`, { method: "POST", headers, body: JSON.stringify(body) });
  return answer.status;
}

test("CAP-28 PNL-24 who runs, who waits and why stands in the panel, and what to wait for in the advice", async () => {
  const rig = await start({
    script: { gpus: [fakeGpu(0, { "memory.used": 1_000, "memory.total": 49_140 })] },
    backends: ["comfyui"],
  });
  const page = await browser.open(`${rig.sidecar.url}?model=wan2.1-14b-t2v-480p`);
  await page.getByRole("progressbar").first().waitFor();
  await page.getByRole("region", { name: "Jobs" }).getByText("None declared").waitFor();
  // Published as 38,500 MiB; 10 % more are reserved.
  const profile = "wan2.1-14b-t2v-480p-quant";
  expect(await postJob(rig.sidecar.url, { label: "clip 7", profile })).toBe(201);
  expect(await postJob(rig.sidecar.url, { label: "clip 8", profile })).toBe(202);
  await page.getByRole("button", { name: "1 running, 1 waiting" }).click();
  const jobs = page.getByRole("dialog", { name: "Jobs" });
  const [runs, waits] = [jobs.getByRole("listitem").nth(0), jobs.getByRole("listitem").nth(1)];
  await runs.getByText(/^running · GPU 0 · 41\.4 GiB each · for \d+ s$/).waitFor();
  await runs.getByText(/^ends about .*\d\d:\d\d$/).waitFor();
  await runs.getByText(/^\d+ s left$/).waitFor();
  await waits.getByText(/^queued, place 1 · 41\.4 GiB each$/).waitFor();
  await waits.getByText(/GPU 0: .* is less than 42,350 MiB \([\d,]+ MiB too few\)/).waitFor();
  await waits.getByText(/^starts about .*\d\d:\d\d$/).waitFor();
  await waits.getByText(/^in about \d+ s$/).waitFor();
  // What the first will take is promised to it, in the panel and by the API alike.
  await page.keyboard.press("Escape");
  await openWhy(page);
  const { state } = await (await fetch(`${rig.sidecar.url}api/v1/state?`)).json();
  expect(state.capacity.perGpu).toMatchObject([{ running: 1, promisedMiB: 42_350 }]);
  await page.getByText("− 42,350 that running jobs will still take").waitFor();
  expect(await axeViolations(page)).toEqual([]);
});
