import { expect, test } from "vitest";
import { limitOf } from "../../../../shared/capacity/limit.ts";
import type { Job } from "../../../../shared/jobs/job.ts";
import type { State } from "../../../../shared/protocol/state.ts";

type Looked = Parameters<typeof limitOf>[1];
type Gpu = State["capacity"]["perGpu"][number];

const resident = (state: "running" | "idle" | "cannot-tell", fits = 0, backend = "a") => ({
  ...{ backend, pid: 1, name: null, state },
  nextJob: { fits, needsMiB: null },
});
const gpu = (residents: Gpu["residents"], inResidents = 0): Gpu => ({
  ...{ index: 0, canStart: 0, inResidents, running: 0, recommendedMax: 0, freeMiB: 0, reserveMiB: 0 },
  ...{ promisedMiB: 0, residentsMiB: 0, reclaimableMiB: 0, perJobMiB: 1, basis: "published", bar: null },
  ...{ useful: { verdict: "unknown", utilizationPct: null }, unifiedMemory: false },
  ...{ residents, explanation: "" },
});
const word = (busy: boolean | null) => ({ id: "a", busy });
const job = (state: Job["state"]) => ({ backend: "a", state });
const looked = (canStart: number | null, perGpu: Gpu[], rest: Partial<Looked> = {}): Looked => ({
  capacity: { profile: "p", perGpu, recommendedMax: 0, canStart },
  ...{ backends: [], jobs: [], ...rest },
});

const busyOne = [gpu([resident("running")])];
const untold = [gpu([resident("cannot-tell")])];
const others = [gpu([resident("idle", 1, "b")], 1)];
const threeRun = [job("running"), job("running"), job("running"), job("waiting"), job("done")];
const CASES: readonly (readonly [string, number | null | undefined, Looked])[] = [
  ["nobody knows it", undefined, looked(3, [gpu([])])],
  ["VRAM is not known", null, looked(null, [], { backends: [word(false)] })],
  ["it holds nothing: as many as beside", 2, looked(3, others, { backends: [word(false)] })],
  ["its next job fits in what it holds", 1, looked(1, [gpu([resident("idle", 1)], 1)])],
  ["it is idle, and others have taken the room", 0, looked(0, [gpu([resident("idle", 0)])])],
  ["it is busy, and no other fits", 1, looked(0, busyOne)],
  ["it says that it is busy", 1, looked(5, untold, { backends: [word(true)] })],
  ["nobody can tell", null, looked(5, untold, { backends: [word(null)] })],
  ["two workers, one of them busy", 2, looked(1, [...busyOne, gpu([resident("idle", 1)], 1)])],
  ["declared jobs run in it", 3, looked(0, busyOne, { jobs: threeRun })],
];

test.each(CASES)("CAP-37 the limit of a backend: %s", (_, limit, of) => {
  expect(limitOf("a", of)).toBe(limit);
});
