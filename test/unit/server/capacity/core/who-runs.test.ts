import { describe, expect, test } from "vitest";
import { declare, end, type StepInput } from "../../../../../server/capacity/capacity.ts";
import type { GpuEvidence } from "../../../../../server/capacity/model.ts";
import { POLICY } from "../../../../../server/capacity/policy.ts";
import { ask, fits, gpu, process, START, seconds, tenantOf } from "./world.ts";

const A = 1;
const B = 2;
const idle = (mib: number) => gpu([process(A, mib)]);
const busy = (mib: number) => gpu([process(A, mib)], { utilizationPct: 80 });
const both = (a: number, b: number, utilizationPct: number) =>
  gpu([process(A, a), process(B, b)], { utilizationPct });
const says = (isBusy: boolean) => [{ backend: "comfyui", pid: A, busy: isBusy }];

interface Row {
  who: string;
  phases: readonly { s: number; gpu: GpuEvidence; words?: StepInput["words"] }[];
  is: string | undefined;
}

const TABLE: readonly Row[] = [
  { who: "its backend says busy", phases: [{ s: 1, gpu: idle(5000), words: says(true) }], is: "running" },
  { who: "its backend says idle", phases: [{ s: 5, gpu: busy(5000), words: says(false) }], is: "idle" },
  { who: "alone, nothing computes", phases: [{ s: 5, gpu: idle(5000) }], is: "idle" },
  {
    who: "alone, it computes",
    phases: [
      { s: 5, gpu: idle(5000) },
      { s: 3, gpu: busy(5000) },
    ],
    is: "running",
  },
  {
    who: "one blip in three",
    phases: [
      { s: 5, gpu: idle(5000) },
      { s: 1, gpu: busy(5000) },
    ],
    is: "idle",
  },
  {
    who: "it loads",
    phases: [
      { s: 5, gpu: idle(5000) },
      { s: 1, gpu: idle(5100) },
    ],
    is: "running",
  },
  {
    who: "it came a while ago, and a list names it only now",
    phases: [
      { s: 3, gpu: gpu([]) },
      { s: 4, gpu: { ...idle(420), list: { kind: "not-read" } } },
      { s: 1, gpu: idle(420) },
    ],
    is: "idle",
  },
  {
    who: "it has loaded",
    phases: [
      { s: 5, gpu: idle(5000) },
      { s: 5, gpu: idle(5100) },
    ],
    is: "idle",
  },
  {
    who: "idle, then somebody else computes",
    phases: [
      { s: 5, gpu: both(5000, 3000, 0) },
      { s: 30, gpu: both(5000, 6000, 90) },
    ],
    is: "idle",
  },
  {
    who: "idle, moves while somebody else computes",
    phases: [
      { s: 5, gpu: both(5000, 3000, 0) },
      { s: 9, gpu: both(5000, 6000, 90) },
      { s: 1, gpu: both(5100, 6000, 90) },
    ],
    is: "running",
  },
  {
    who: "never seen idle, somebody else computes",
    phases: [{ s: 40, gpu: both(5000, 3000, 90) }],
    is: "cannot-tell",
  },
  {
    who: "fallen below half and flat",
    phases: [
      { s: 5, gpu: idle(1100) },
      { s: 5, gpu: busy(9000) },
      { s: 17, gpu: busy(4000) },
    ],
    is: "idle",
  },
  {
    who: "fallen to two thirds: the low phase of a job",
    phases: [
      { s: 5, gpu: idle(1100) },
      { s: 5, gpu: busy(9000) },
      { s: 17, gpu: busy(6000) },
    ],
    is: "running",
  },
  {
    who: "gone",
    phases: [
      { s: 5, gpu: busy(5000) },
      { s: 1, gpu: gpu([]) },
    ],
    is: undefined,
  },
];

test.each(TABLE)("$who: $is", ({ phases, is }) => {
  let at: Pick<ReturnType<typeof seconds>, "state" | "atMs"> = START;
  for (const { s, gpu: one, words } of phases) at = seconds(s, at, [one], words ?? []);
  expect(tenantOf(at.state, A)?.state).toBe(is);
});

test("a busy backend explains the utilization: a large neighbour does not run", () => {
  const list = (utilizationPct: number) =>
    gpu([process(A, 900, "comfyui"), process(B, 5000)], { utilizationPct });
  const before = seconds(5, START, [list(0)], says(false));
  const at = seconds(5, before, [list(90)], says(true));
  expect(tenantOf(at.state, B)?.state).toBe("idle");
});

test("the utilization that a declared job explains is nobody else's", () => {
  const before = seconds(75, START, [idle(420)]);
  const job = ask("marked", 12_200, { pid: B });
  const { state } = declare(before.state, job, { runsOn: [0] }, before.atMs, POLICY);
  const at = seconds(20, { state, atMs: before.atMs }, [both(420, 8000, 95)]);
  expect(tenantOf(at.state, A)?.state).toBe("idle");
});

describe("what people suffered", () => {
  const published = { ...POLICY, publishedMiB: [12_000, 20_000] };

  test("an idle WebUI: its next job fits in it though none fits beside it", () => {
    const at = seconds(60, START, [idle(10_200)]);
    expect(fits(at, ask("in it", 14_500, { pid: A }))).toBeGreaterThan(0);
    expect(fits(at, ask("beside", 14_500))).toBe(0);
    expect(fits(at, ask("small beside", 8000))).toBe(1);
  });

  test("an idle process is promised nothing", () => {
    const at = seconds(120, START, [idle(420)], [], published);
    expect(fits(at, ask("nearly all", 23_500))).toBe(1);
  });

  test("a desktop's program is not expected to take a job's peak because somebody else computes", () => {
    const at = seconds(
      30,
      START,
      [gpu([process(A, 120), process(B, 6000)], { utilizationPct: 90 })],
      [{ backend: "b", pid: B, busy: true }],
      published,
    );
    expect(tenantOf(at.state, A)?.state).toBe("cannot-tell");
    const { state } = declare(at.state, ask("next", 2000, { pid: B }), { runsOn: [0] }, at.atMs, published);
    expect(fits({ ...at, state }, ask("beside", 10_000))).toBe(1);
  });

  test("CAP-50f two hosts whose queues wait for room do not hold each other up", () => {
    const gpus = [gpu([process(A, 450, "gradio"), process(B, 9000, "comfyui")])];
    const words = ["gradio", "comfyui"].map((backend) => ({
      ...{ backend, pid: null, busy: false, queued: true },
    }));
    // Work that nobody has declared is about to begin.
    const at = seconds(5, START, gpus, words);
    expect([A, B].map((pid) => tenantOf(at.state, pid)?.state)).toEqual(["running", "running"]);
    // Of neither is known what it takes, so that each starts alone.
    const first = declare(at.state, ask("first", null, { pid: A }), {}, at.atMs, POLICY);
    const second = declare(first.state, ask("second", null, { backend: "comfyui" }), {}, at.atMs, POLICY);
    const then = seconds(5, { state: second.state, atMs: at.atMs }, gpus, words);
    expect(then.state.running.map(({ id }) => id)).toEqual(["first"]);
    expect(then.state.waiting.map(({ id }) => id)).toEqual(["second"]);
  });

  test("CAP-50g a host whose hook still tells of the job that has just ended does not keep the next in line from starting", () => {
    const gpus = [gpu([process(A, 9000, "gradio"), process(B, 450, "comfyui")])];
    const words = [{ backend: "gradio", pid: null, busy: true, queued: true }];
    let at: Pick<ReturnType<typeof seconds>, "state" | "atMs"> = seconds(1, START, gpus);
    const asks = [
      ["first", 9000, A],
      ["unknown", null, B],
      ["next", 16_000, A],
    ] as const;
    for (const [id, mib, pid] of asks) {
      const { state } = declare(at.state, ask(id, mib, { pid, asker: id }), {}, at.atMs, POLICY);
      at = seconds(2, { state, atMs: at.atMs }, gpus, words);
    }
    expect(at.state.running.map(({ id }) => id)).toEqual(["first"]);
    const state = end(at.state, "first", { outcome: "done", reportedMiB: 9000 }, at.atMs, POLICY);
    const then = seconds(1, { ...at, state }, gpus, words);
    expect(then.state.running.map(({ id }) => id)).toEqual(["unknown"]);
    // Who computes on though no declared job runs there is told of again.
    const own = seconds(9, { ...at, state }, gpus, words);
    expect(tenantOf(own.state, A)?.state).toBe("running");
  });

  test("a visitor that is gone holds nothing", () => {
    const here = seconds(40, START, [busy(8600)], [], published);
    expect(fits(here, ask("large", 23_000))).toBe(0);
    const gone = seconds(1, here, [gpu([])], [], published);
    expect(fits(gone, ask("large", 23_000))).toBe(1);
  });

  test("a process is expected to take what its own last jobs took", () => {
    let at: Pick<ReturnType<typeof seconds>, "state" | "atMs"> = seconds(
      5,
      START,
      [idle(420)],
      [],
      published,
    );
    for (let i = 0; i < 3; i++) {
      at = seconds(20, at, [busy(12_200)], [], published);
      at = seconds(20, at, [idle(420)], [], published);
    }
    expect(tenantOf(at.state, A)?.peaks).toEqual([12_200, 12_200, 12_200]);
    at = seconds(1, at, [busy(2000)], [], published);
    // 24,264 less 12,200 + 5 % and the reserve.
    expect(fits(at, ask("fits", 10_100))).toBe(1);
    expect(fits(at, ask("does not", 10_400))).toBe(0);
  });

  test("weights that were there when watching began are no job's peak", () => {
    const at = seconds(30, START, [idle(10_200)]);
    expect(tenantOf(at.state, A)?.peaks).toEqual([]);
  });
});

describe("the rate of samples", () => {
  const quiet = seconds(20, START, [idle(5000)]);
  const later = (at: Parameters<typeof seconds>[1], n = 1) => seconds(n, at, [idle(5000)]).rate;

  test("SMP-10d is quiet where nothing works, nobody waits and nobody asked lately", () => {
    expect(quiet.rate).toBe("quiet");
  });

  test("SMP-10d is full while a GPU works, or nobody can tell", () => {
    expect(seconds(3, quiet, [busy(5000)]).rate).toBe("full");
    expect(seconds(1, quiet, [idle(5000)], says(true)).rate).toBe("full");
    expect(seconds(1, START, [busy(5000)]).rate).toBe("full");
  });

  test("SMP-10d is full while a job runs or waits, and for 15 s after somebody asked for room", () => {
    const runs = declare(quiet.state, ask("a", 4000), { runsOn: [0], ttlMs: 1e9 }, quiet.atMs, POLICY);
    expect(later({ ...quiet, state: runs.state }, 40)).toBe("full");
    const waits = declare(quiet.state, ask("b", 22_000), { ttlMs: 1e9 }, quiet.atMs, POLICY);
    expect(later({ ...quiet, state: waits.state }, 40)).toBe("full");
    const asked = { ...quiet, state: { ...quiet.state, askedMs: quiet.atMs } };
    expect([later(asked, 14), later(asked, 15)]).toEqual(["full", "quiet"]);
  });
});
