import { describe, expect, test } from "vitest";
import { declare } from "../../../../../server/capacity/capacity.ts";
import { POLICY } from "../../../../../server/capacity/policy.ts";
import { publish } from "../../../../../server/capacity/published/publish.ts";
import { viewWaiting } from "../../../../../server/jobs/view-waiting.ts";
import { ask, gpu, jobClass, process, START, seconds } from "./world.ts";

type At = Pick<ReturnType<typeof seconds>, "state" | "atMs">;
const shown = ({ state }: At, mib: number | null, gpuCount = 1) =>
  publish(state, { jobClass: jobClass(`of ${mib}`, mib), gpuCount }, POLICY);
const busy = (mib: number) => gpu([process(1, mib)], { utilizationPct: 90 });

/** A WebUI that has run a job of 12,200 and keeps 10,200. */
function resident(): At {
  const loaded = seconds(10, START, [gpu([process(1, 420)])]);
  const ran = seconds(20, loaded, [busy(12_200)]);
  return seconds(20, ran, [gpu([process(1, 10_200)])]);
}

describe("what is published", () => {
  test("an idle resident takes the next job in it, and is counted first", () => {
    const { canStart, inIt, beside, perGpu } = shown(resident(), 13_000);
    expect([canStart, inIt, beside]).toEqual([1, 1, 0]);
    expect(perGpu[0]?.residents).toMatchObject([
      { pid: 1, state: "idle", nextJob: { fits: 1, needsMiB: 12_200 } },
    ]);
    expect(perGpu[0]?.running).toBe(0);
    expect(shown(resident(), 9000)).toMatchObject({ canStart: 2, inIt: 1, beside: 1 });
  });

  test("CAP-50d where no process is named, what has worked there before can do so again", () => {
    const hidden = (mib: number, utilizationPct = 0) => ({
      ...gpu([process(1, mib)], { utilizationPct }),
      list: { kind: "hidden" as const },
    });
    const loaded = seconds(25, START, [hidden(420)]);
    const ran = seconds(20, loaded, [hidden(12_200, 90)]);
    const idle = seconds(20, ran, [hidden(10_200)]);
    expect(shown(ran, 13_000)).toMatchObject({ canStart: 0, perGpu: [{ running: 1 }] });
    expect(shown(idle, 13_000)).toMatchObject({ canStart: 1, inIt: 1, beside: 0 });
    expect(shown(idle, 13_000).perGpu[0]?.residents).toMatchObject([
      { pid: null, name: "GPU 0", state: "idle", nextJob: { fits: 1, needsMiB: 12_200 } },
    ]);
    // A declared job has taken what it would need.
    const { state } = declare(idle.state, ask("b", 12_000), { runsOn: [0] }, idle.atMs, POLICY);
    expect(shown({ ...idle, state }, 13_000)).toMatchObject({ canStart: 0 });
  });

  test("its lines add up, and the answer is their whole parts", () => {
    const at = declare(resident().state, ask("b", 5000), { runsOn: [0] }, resident().atMs, POLICY);
    const [one] = shown({ ...resident(), state: at.state }, 2000).perGpu;
    if (one === undefined || one.perJobMiB === null) throw new Error("no GPU");
    expect(one.promisedMiB).toBe(5500);
    expect(one.roomMiB).toBe(one.freeMiB - one.promisedMiB - one.residentsMiB - one.reserveMiB);
    expect(one.beside).toBe(Math.floor(one.roomMiB / one.perJobMiB));
  });

  test("CAP-2 CAP-7 alone, reserve and margin give way", () => {
    const [one] = shown(seconds(3, START, [gpu([])]), 24_200).perGpu;
    expect(one).toMatchObject({ reserveMiB: 0, perJobMiB: 24_264, beside: 1, canStart: 1 });
  });

  test("CAP-9 a job of two GPUs is counted once", () => {
    const at = seconds(3, START, [gpu([]), gpu([], { index: 1 })]);
    const { canStart, perGpu } = shown(at, 9000, 2);
    expect([canStart, perGpu.map((one) => one.canStart)]).toEqual([2, [2, 2]]);
  });

  test("a few hundred MiB of a browser are no resident to start in", () => {
    expect(shown(seconds(20, START, [gpu([process(1, 420)])]), 13_000)).toMatchObject({ inIt: 0, beside: 1 });
  });

  test("never is said", () => {
    expect(shown(resident(), 30_000)).toMatchObject({ isNever: true, canStart: 0 });
  });
});

describe("who waits", () => {
  test("is told its place, what is missing and when it should start", () => {
    let at: At = seconds(3, START, [gpu([])]);
    const job = (id: string, mib: number) => ask(id, mib, { asker: id });
    at = { ...at, state: declare(at.state, job("runs", 12_000), { runsOn: [0] }, at.atMs, POLICY).state };
    for (const id of ["first", "second"])
      at = { ...at, state: declare(at.state, job(id, 14_000), {}, at.atMs, POLICY).state };
    const told = viewWaiting(at.state, true, POLICY);
    const free = 24_264;
    expect(told.get("first")).toMatchObject({
      position: 1,
      startsAt: Math.ceil((at.atMs + 30_000) / 5000) * 5000,
      reason: {
        code: "no-room",
        params: { gpu: 0, free, promised: 13_200, missing: 15_400 - (free - 256 - 13_200) },
      },
    });
    expect(told.get("second")).toMatchObject({
      position: 2,
      startsAt: Math.ceil((at.atMs + 60_000) / 5000) * 5000,
    });
  });

  test("of what no running job will free nobody knows when", () => {
    const at = seconds(5, START, [gpu([process(1, 11_000)])]);
    const { state } = declare(at.state, ask("large", 20_000), {}, at.atMs, POLICY);
    expect(viewWaiting(state, true, POLICY).get("large")?.startsAt).toBeNull();
  });
});
