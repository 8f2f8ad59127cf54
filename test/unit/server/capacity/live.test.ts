import { expect, test } from "vitest";
import { declare } from "../../../../server/capacity/capacity.ts";
import { createLiveCapacity } from "../../../../server/capacity/live/live.ts";
import { createView } from "../../../../server/capacity/live/view.ts";
import { POLICY } from "../../../../server/capacity/policy.ts";
import { createFitDesk } from "../../../../server/fit/fit-desk.ts";
import { BUILT_IN_PROFILES } from "../../../../server/profiles/built-in-profiles.ts";
import { createKnowledge } from "../../../../server/profiles/knowledge.ts";
import { TIMINGS } from "../../../../server/timings.ts";
import type { Sample } from "../../../../shared/gpu/sample.ts";
import { gpuWith } from "../../../helpers/gpu-with.ts";

const python = (pid: number, usedMiB: number) => ({ pid, name: "python", usedMiB });

/** One GPU of 24 GB, whose clock and whose list of processes the test moves. */
function machine() {
  let nowMs = 1_000_000;
  let truth = [python(1, 6000)];
  let lists = 0;
  const gpu = (processes: typeof truth | null) =>
    gpuWith({
      memoryTotalMiB: 24_564,
      memoryUsedMiB: 6000,
      memoryFreeMiB: 18_104,
      utilizationGpuPct: 0,
      processes,
    });
  let sample: Sample = { seq: 1, tMs: 0, gpus: [gpu(null)] };
  const profiles = BUILT_IN_PROFILES.map((profile) => ({ ...profile }));
  const live = createLiveCapacity({
    samples: {
      latest: () => sample,
      isLive: () => true,
      isRecording: false,
      holdFast: () => () => {},
      holdProcesses: () => () => {},
      processesAsked: () => lists > 0,
      async refreshProcesses() {
        lists++;
        sample = { ...sample, gpus: [gpu(truth)] };
      },
    },
    policy: { ...POLICY, publishedMiB: profiles.map(({ peakMiB }) => peakMiB) },
    backends: () => [],
    holdBackends: () => () => {},
    readHost: () => ({ memoryTotalMiB: null, memoryAvailableMiB: null }),
    nowMs: () => nowMs,
    timings: TIMINGS.capacity,
    isClosed: () => false,
  });
  const knowledge = createKnowledge({ live, profiles, store: { load: () => null, save() {} } });
  const [profile] = profiles;
  if (profile === undefined) throw new Error("no profile");
  const around = { live, knowledge, latest: () => sample, backends: () => [] };
  const view = createView({
    ...around,
    profile,
    readHost: () => ({ memoryTotalMiB: null, memoryAvailableMiB: null }),
  });
  const desk = createFitDesk({
    ...around,
    view,
    labelOf: () => "job",
    obstacle: async () => null,
    closed: () => null,
  });
  return {
    live,
    lists: () => lists,
    becomes(next: typeof truth) {
      truth = next;
    },
    wait(ms: number) {
      nowMs += ms;
    },
    sample() {
      nowMs += 1000;
      live.sample();
    },
    async fit(peakMiB: number) {
      const reply = await desk.fit({ peakMiB, asker: "ann", intent: "look" }, "address", "en");
      if (!reply.ok) throw new Error(reply.code);
      return reply.data.canStart;
    },
    async admits(peakMiB: number) {
      const meant = knowledge.resolve({ query: null, signature: undefined, peakMiB, label: undefined });
      if (meant === null) throw new Error("no class");
      for (let n = 0; ; n++) {
        const ask = { id: `job ${n}`, asker: "ann", jobClass: meant.jobClass, gpuCount: 1, on: [] };
        live.change(
          (state, at, policy) => declare(state, { ...ask, pid: null, backend: null }, {}, at, policy).state,
        );
        await live.decide();
        if (live.state().running.some(({ id }) => id === ask.id)) continue;
        live.change((state) => ({ ...state, waiting: [] }));
        return n;
      }
    },
  };
}

test("CAP-1b CAP-20b fit is answered by the list that admission reads, one a sample: what came and went since the last one counts", async () => {
  const at = machine();
  at.sample();
  await at.live.decide();
  for (let i = 0; i < 5; i++) at.sample();
  expect(at.lists()).toBeGreaterThan(0);
  // Another program of the same size in place of the first: VRAM in use has not moved, so no list was due.
  at.becomes([python(2, 6000)]);
  at.wait(400);
  const before = at.lists();
  const said = await at.fit(5000);
  expect(await at.admits(5000)).toBe(said);
  expect(said).toBe(0);
  expect(at.lists()).toBe(before + 1);
  // That none was read a second time is no failure.
  expect(at.live.state().gpus[0]?.failedMs).toBeNull();
});

test("CAP-1c what is told changes with a sample, not with time: who was not idle at the last one is not at the ask", async () => {
  const at = machine();
  at.sample();
  await at.live.decide();
  at.becomes([python(2, 6000)]);
  at.sample();
  await at.live.decide();
  // The last sample is 2.5 s after what was seen to move, the asks are more than 3 s after it.
  for (let i = 0; i < 2; i++) at.sample();
  at.wait(500);
  expect(await at.fit(5000)).toBe(0);
  at.wait(600);
  expect(await at.admits(5000)).toBe(0);
  at.sample();
  expect(await at.fit(5000)).toBe(3);
  expect(await at.admits(5000)).toBe(3);
});
