import fc from "fast-check";
import { expect, test } from "vitest";
import { BUILT_IN_PROFILES } from "../../../../server/profiles/built-in-profiles.ts";
import { NO_PHASES, type PhasesSeen, seePhase } from "../../../../server/timeline/phases-seen.ts";
import { followRuns, NO_RUNS, type Runs, shownRuns } from "../../../../server/timeline/runs.ts";
import type { SeenRun } from "../../../../server/timeline/seen-runs.ts";
import type { Job } from "../../../../shared/jobs/job.ts";

const EPOCH_MS = 1_700_000_000_000;
const seenRun = (heldMiB: number | null, more: Partial<SeenRun> = {}): SeenRun => ({
  job: null,
  pid: 77,
  name: "python",
  startedMs: EPOCH_MS,
  peakMiB: 39_500,
  heldMiB,
  ...more,
});
const jobOf = (more: Partial<Job>): Job => ({
  id: "a",
  label: "clip",
  profile: "wan2.2-i2v-a14b",
  state: "running",
  gpus: [0],
  gpuCount: 1,
  peakMiB: 39_500,
  backend: null,
  pid: 77,
  phase: null,
  requestedBy: "test",
  requestedAt: EPOCH_MS,
  startedAt: EPOCH_MS,
  endedAt: null,
  expiresAt: EPOCH_MS + 60_000,
  position: null,
  startsAt: null,
  endsAt: null,
  ...more,
});

/** One look a second at what is held. */
function play(levels: readonly (number | null)[], jobs: readonly Job[] = [], more: Partial<SeenRun> = {}) {
  let runs: Runs = NO_RUNS;
  levels.forEach((mib, s) => {
    const gpu = { gpu: 0, runs: [seenRun(mib, more)] };
    runs = followRuns(runs, [gpu], jobs, EPOCH_MS + s * 1000);
  });
  return runs;
}

const HUMPS = [
  ...Array(5).fill(2_000),
  ...[6_000, 11_000, 15_000],
  ...Array(12).fill(18_200),
  ...[24_000, 30_000],
  ...Array(8).fill(36_000),
  ...Array(10).fill(39_400),
];

test("CAP-32 the two humps of a job that nobody declared are seen, and named by the only profile with such phases", () => {
  const [run, ...others] = shownRuns(play(HUMPS), BUILT_IN_PROFILES);
  expect(others).toEqual([]);
  expect(run).toMatchObject({ job: null, pid: 77, gpu: 0, startedAt: EPOCH_MS, endedAt: null });
  expect(run?.profile).toBe("wan2.2-i2v-a14b");
  const named = run?.phases.filter(({ name }) => name !== null).map(({ name, mib }) => [name, mib]);
  expect(named).toEqual([
    ["high-noise model", 18_200],
    ["low-noise model loads", 36_000],
    ["sampling peak", 39_400],
  ]);
  expect(run?.phases[1]?.startedAt).toBe(EPOCH_MS + 8_000);
});

test("CAP-32 what a job calls its phases goes before what the levels look like", () => {
  const at = (phase: string, levels: number[], runs: Runs, fromS: number) =>
    levels.reduce(
      (known, mib, s) =>
        followRuns(
          known,
          [{ gpu: 0, runs: [seenRun(mib, { job: "a" })] }],
          [jobOf({ phase })],
          EPOCH_MS + (fromS + s) * 1000,
        ),
      runs,
    );
  const runs = at("decode", [30_000, 31_000], at("sample", [18_000, 25_000, 36_000], NO_RUNS, 0), 3);
  expect(shownRuns(runs, BUILT_IN_PROFILES)[0]?.phases).toEqual([
    { name: "sample", startedAt: EPOCH_MS, mib: 36_000 },
    { name: "decode", startedAt: EPOCH_MS + 3000, mib: 31_000 },
  ]);
});

test("CAP-32b an ended run keeps its peak and its end for 15 minutes", () => {
  let runs = play([18_000, 21_000]);
  const empty = { gpu: 0, runs: [] };
  runs = followRuns(runs, [empty], [], EPOCH_MS + 2000);
  expect(shownRuns(runs, [])).toMatchObject([{ endedAt: EPOCH_MS + 2000, peakMiB: 21_000 }]);
  runs = followRuns(runs, [empty], [], EPOCH_MS + 2000 + 15 * 60_000);
  expect(shownRuns(runs, [])).toEqual([]);
});

test("CAP-32 phases come in order, are few, and none says more than was held", () => {
  const look = fc.record({
    name: fc.option(fc.constantFrom("load", "sample", "decode"), { nil: null, freq: 9 }),
    mib: fc.option(fc.nat({ max: 80_000 }), { nil: null, freq: 9 }),
    afterMs: fc.integer({ min: 1, max: 20_000 }),
  });
  fc.assert(
    fc.property(fc.array(look, { maxLength: 80 }), (looks) => {
      let atMs = 0;
      let most = 0;
      const seen = looks.reduce<PhasesSeen>((known, { name, mib, afterMs }) => {
        atMs += afterMs;
        most = Math.max(most, mib ?? 0);
        return seePhase(known, name, atMs, mib);
      }, NO_PHASES);
      expect(seen.phases.length).toBeLessThanOrEqual(16);
      seen.phases.forEach(({ startedAt, mib }, i) => {
        expect(startedAt).toBeGreaterThan(seen.phases[i - 1]?.startedAt ?? 0);
        expect(mib ?? 0).toBeLessThanOrEqual(most);
      });
    }),
  );
});
