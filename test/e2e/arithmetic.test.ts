import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import type { FitAnswer } from "../../server/http/openapi/fit-schema.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { inBrowser } from "../helpers/in-browser.ts";
import { openWhy } from "../helpers/on-panel.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const { browser, start } = inBrowser();

/** A job that runs beside a desktop, a GPU without anything, and one that reports no VRAM. */
const GPUS = [
  fakeGpu(0, {
    "memory.total": 49_140,
    "memory.used": 9_000,
    "memory.reserved": 500,
    display_active: "Enabled",
  }),
  fakeGpu(1, {
    "memory.total": 24_564,
    "memory.used": 300,
    "memory.reserved": 64,
    display_active: "Disabled",
  }),
  fakeGpu(2, { "memory.total": "[N/A]", "memory.used": "[N/A]", "memory.free": "[N/A]" }),
];
/** No process of this machine has it: the end of one would be that of the job. */
const PID = 4_004_242;
const PROCESSES = GPUS.slice(0, 1).map(({ uuid }) => ({
  gpu_uuid: uuid,
  pid: PID,
  process_name: "python",
  used_memory: 8_600,
}));

test("CAP-5 in both languages the panel's arithmetic and figures are those of /api/v1/fit and /api/v1/state", async () => {
  const { sidecar } = await start({ script: { gpus: GPUS, processes: PROCESSES } });
  const answer = await fetch(`${sidecar.url}api/v1/jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ profile: "wan2.1-1.3b-t2v-480p-quant", pid: PID, gpuIndexes: [0] }),
  });
  // Before the first sample it waits.
  expect(answer.ok).toBe(true);
  for (const lang of ["en", "zh-CN"]) {
    for (const profile of ["wan2.1-1.3b-t2v-720p-quant", "wan2.1-14b-t2v-480p"]) {
      const page = await browser.open(`${sidecar.url}?model=${profile}&lang=${lang}`);
      await openWhy(page);
      // What the API says changes with the samples; the panel must come to say the same, to the letter.
      const told = await waitUntil(
        async () => {
          const url = `${sidecar.url}api/v1/fit?profile=${profile}&lang=${lang}`;
          const fit: FitAnswer = await (await fetch(url)).json();
          const shown = await page.locator(".why").innerText();
          const known = (fit.perGpu[0]?.promisedMiB ?? 0) > 0 && fit.perGpu[0]?.running === 1;
          const same = fit.perGpu.every(({ explanation }) =>
            shown.replace(/\s+/g, " ").includes(explanation),
          );
          return known && same && { fit, shown };
        },
        { what: `the API's arithmetic in the panel (${lang}, ${profile})`, timeoutMs: 30_000, everyMs: 100 },
      );
      await expect.poll(() => page.getByTestId("can-start").innerText()).toBe(String(told.fit.canStart));
      expect(told.fit.perGpu.map(({ canStart }) => canStart)).toEqual([
        expect.any(Number),
        expect.any(Number),
        null,
      ]);
      await page.close();
    }
  }
  // The state's own words are those of the fit for the same profile, figure by figure.
  const state = await waitUntil(
    async () => {
      const { state } = await (await fetch(`${sidecar.url}api/v1/state`)).json();
      const url = `${sidecar.url}api/v1/fit?profile=${state.capacity.profile}`;
      const fit: FitAnswer = await (await fetch(url)).json();
      // Asked one after the other, they may be of two samples.
      return isDeepStrictEqual(fit.perGpu, state.capacity.perGpu) && state;
    },
    { what: "a fit like the state's" },
  );
  // What a desktop takes on the first is measured as held, not added to what is kept free.
  expect(state.promises[0]).toMatchObject({ running: 1, reserveMiB: 256 });
  expect(state.promises[1]).toMatchObject({ running: 0, reserveMiB: 256 });
});
