import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { JobFigures } from "../../../../server/capacity/job-figures.ts";
import type { JobRecord } from "../../../../server/capacity/job-record.ts";
import type { JobStore } from "../../../../server/capacity/job-store.ts";
import { createJobs, type EndedJob } from "../../../../server/capacity/jobs.ts";
import type { RoomWatch } from "../../../../server/capacity/room-watch.ts";
import { createEmitter } from "../../../../server/lib/emitter.ts";
import { jobBodySchema } from "../../../../shared/protocol/job-requests.ts";
import { having, seen, wishOf } from "./machine.ts";

/** Jobs bring their own peaks, and nothing is learned. */
const NO_FIGURES: JobFigures = {
  resolve: () => null,
  reservation: () => null,
  seconds: () => null,
  present: ({ peakMiB }) => peakMiB,
};
const never = new AbortController().signal;
const ask = (body: object) => v.parse(jobBodySchema, body);

describe("the jobs over time", () => {
  beforeEach(() => void vi.useFakeTimers({ now: 0 }));
  afterEach(() => void vi.useRealTimers());

  /** One GPU with room for 10,000 MiB of jobs. */
  function desk(kept: readonly JobRecord[] = []) {
    const samples = createEmitter<void>();
    const saved: JobRecord[] = [];
    const store: JobStore = { load: () => [...kept], save: (changed) => void saved.push(...changed) };
    let needs = { samples: false, processes: false };
    let usedMiB = 0;
    const gone: number[] = [];
    const room: RoomWatch = {
      now: () => seen([{ totalMiB: 11_000, reserveMiB: 1000, othersMiB: usedMiB }], [], new Map(), "nothing"),
      ended: ({ pid }) => void gone.push(pid),
      onChange: samples.subscribe,
      setNeed: (next) => {
        needs = next;
      },
      close: () => {},
    };
    const jobs = createJobs({ store, room, figures: NO_FIGURES, nowMs: () => Date.now() });
    const ended: EndedJob[] = [];
    jobs.onEnd((end) => ended.push(end));
    const id = (body: object) => {
      const reply = jobs.request(ask(body), "me");
      if (!reply.ok) throw new Error(reply.message);
      return reply.data.id;
    };
    return {
      jobs,
      id,
      saved,
      ended,
      gone,
      needs: () => needs,
      use(mib: number) {
        usedMiB = mib;
        samples.emit();
      },
    };
  }

  test("CAP-37 the room is told of the end of a process that a job had to itself, not of one that fell silent", () => {
    const { jobs, id, gone } = desk();
    const [shared, sharing, alone, silent] = [11, 11, 12, 13].map((pid) =>
      id({ peakMiB: 1000, pid, ttlSeconds: 5 }),
    );
    jobs.finish(shared ?? "", { outcome: "done", oom: false });
    expect(gone).toEqual([]);
    jobs.finish(sharing ?? "", { outcome: "failed", oom: false });
    jobs.finish(alone ?? "", { outcome: "done", oom: false });
    expect(gone).toEqual([11, 12]);
    vi.advanceTimersByTime(6000);
    expect(jobs.find(silent ?? "")?.state).toBe("expired");
    expect(gone).toEqual([11, 12]);
  });

  test("CAP-24 silent jobs end by themselves and the next one starts; a heartbeat puts that off", async () => {
    const { jobs, id, ended, needs } = desk();
    const first = id({ peakMiB: 9000, ttlSeconds: 5 });
    const second = id({ peakMiB: 9000, ttlSeconds: 100 });
    expect(needs()).toEqual({ samples: true, processes: true });
    const started = jobs.whenStarted(second, 30_000, never);
    vi.advanceTimersByTime(4000);
    jobs.heartbeat(first, {});
    vi.advanceTimersByTime(4999);
    expect(jobs.find(first)?.state).toBe("running");
    vi.advanceTimersByTime(1);
    expect(jobs.find(first)).toMatchObject({ state: "expired", endedAt: 9000 });
    expect(await started).toMatchObject({ id: second, state: "running", startedAt: 9000 });
    expect(ended).toMatchObject([{ job: { id: first }, peakMiB: null, oom: false }]);
    vi.advanceTimersByTime(1);
    jobs.finish(second, { outcome: "failed", peakMiB: 9500, oom: true });
    expect(ended[1]).toMatchObject({ job: { id: second, state: "failed" }, peakMiB: 9500, oom: true });
    expect(needs()).toEqual({ samples: false, processes: false });
    expect(jobs.list().map((job) => job.id)).toEqual([second, first]);
  });

  test("CAP-20 CAP-28 who waits learns of the start with the sample that brings room, or that the time is up", async () => {
    const { jobs, id, use } = desk();
    use(5000);
    const waiting = id({ peakMiB: 9000 });
    const inVain = jobs.whenStarted(waiting, 2000, never);
    vi.advanceTimersByTime(2000);
    expect(await inVain).toMatchObject({ state: "waiting", reason: { params: { missing: 4000 } } });
    const gone = new AbortController();
    const left = jobs.whenStarted(waiting, 30_000, gone.signal);
    gone.abort();
    expect(await left).toMatchObject({ state: "waiting" });
    const inTime = jobs.whenStarted(waiting, 30_000, never);
    use(0);
    expect(await inTime).toMatchObject({ state: "running" });
    expect(await jobs.whenStarted("nobody", 30_000, never)).toBeNull();
  });

  test("CAP-28 viewers are told of what changes, not of heartbeats nor of figures while waiting", () => {
    const { jobs, id, use, saved } = desk();
    const told = vi.fn();
    jobs.onChange(told);
    const running = id({ peakMiB: 9000 });
    id({ peakMiB: 9000 });
    expect(told).toHaveBeenCalledTimes(2);
    const writes = saved.length;
    jobs.heartbeat(running, {});
    use(10);
    use(20);
    expect(told).toHaveBeenCalledTimes(2);
    // Nor does any of that wear out the disk.
    expect(saved).toHaveLength(writes);
    jobs.heartbeat(running, { phase: "decode" });
    expect([told.mock.calls.length, saved.length]).toEqual([3, writes + 1]);
  });

  test("CAP-27 after a restart a job of before has its whole time-to-live", () => {
    const kept = having(
      seen([{ totalMiB: 11_000, reserveMiB: 1000, othersMiB: 0 }], [], new Map(), "nothing"),
      wishOf("a", 9000, { ttlMs: 5000 }),
    );
    vi.setSystemTime(1_000_000);
    const { jobs } = desk(kept);
    vi.advanceTimersByTime(4999);
    expect(jobs.find("a")?.state).toBe("running");
    vi.advanceTimersByTime(1);
    expect(jobs.find("a")?.state).toBe("expired");
  });

  test("CAP-27 CAP-22 after a restart the queue is numbered anew, before there is a sample", () => {
    const gpus = seen([{ totalMiB: 11_000, reserveMiB: 1000, othersMiB: 0 }], [], new Map(), "nothing");
    const kept = having(gpus, ...["a", "b", "c", "d"].map((id) => wishOf(id, 9000)));
    const { jobs } = desk(kept.filter(({ job }) => job.id !== "b"));
    expect(jobs.list().map(({ id, position }) => [id, position])).toEqual([
      ["a", null],
      ["c", 1],
      ["d", 2],
    ]);
  });
});
