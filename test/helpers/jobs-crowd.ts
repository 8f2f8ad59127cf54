import { expect } from "vitest";
import type { Job } from "../../shared/jobs/job.ts";
import { idOf, type JobAnswer, type JobsClient } from "./jobs-client.ts";
import type { Rig } from "./rig.ts";
import { waitUntil } from "./wait-until.ts";

const SIZES = [2500, 4500, 7500, 11_500];
const EARLY = [0, 1, 2, 3, 4, 5, 6, 7, 9, 19];
/** Finish when they have run, keep running across the crash, or fall silent. */
const roleOf = (i: number) => (i < 8 ? "holder" : i % 10 === 9 ? "dead" : "worker");

/**
 * So many clients at once ask, run and end, some fall silent, and the sidecar is killed in the middle: no GPU is
 * over-committed, no acknowledged job is lost, jobs of one kind start in order, and in the end every place is free.
 * @param roomMiB of each of the four GPUs of the rig
 */
export async function crowdSurvivesCrash(
  size: number,
  { jobs, rig: running, roomMiB }: { jobs: JobsClient; rig: Rig; roomMiB: number },
): Promise<void> {
  const gpus = running.fake.script.gpus;
  /** Nobody is there for a moment while the sidecar is started again, and one address may act only so often. */
  const insist = (call: () => Promise<JobAnswer>): Promise<JobAnswer> =>
    waitUntil(
      async () => {
        const answer = await call().catch(() => null);
        // Too many at once, or a request that a machine with much else to do sent too slowly: asked again.
        return answer?.status === 429 || answer?.status === 408 ? null : answer;
      },
      { timeoutMs: 400_000, what: "an answer" },
    );

  let finished = 0;
  let holding = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const dead = Array.from({ length: size }, (_, i) => roleOf(i)).filter((role) => role === "dead").length;
  const heldBefore = new Map<string, Job>();

  async function untilRunning(id: string): Promise<Job> {
    return waitUntil(
      async () => {
        const { status, job } = await insist(() => jobs.show(id, 10));
        // What was acknowledged is never forgotten, and nobody who is alive is given up.
        expect([status, job?.state === "running" || job?.state === "waiting"]).toEqual([200, true]);
        return job?.state === "running" ? job : null;
      },
      { timeoutMs: 400_000, what: `job ${id} to start` },
    );
  }

  async function client(i: number) {
    const role = roleOf(i);
    const isEarly = EARLY.includes(i);
    const wish = {
      label: `${i}`,
      peakMiB: isEarly ? 2500 : SIZES[i % SIZES.length],
      gpus: !isEarly && i % 7 === 3 ? 2 : 1,
      requestId: `client-${i}`,
      ttlSeconds: role === "dead" ? 5 : 3600,
    };
    const asked = await insist(() => jobs.ask(wish));
    // 200: asked again after an answer that the crash has swallowed.
    expect([200, 201, ...(isEarly ? [] : [202])]).toContain(asked.status);
    const id = idOf(asked);
    if (role === "dead") {
      await waitUntil(async () => (await insist(() => jobs.show(id))).job?.state === "expired", {
        timeoutMs: 400_000,
        what: `the lease of job ${i} to be freed`,
      });
      return;
    }
    const job = await untilRunning(id);
    if (role === "holder") {
      heldBefore.set(id, job);
      holding++;
      await released;
    }
    await insist(() => jobs.beat(id, { phase: "denoise" }));
    expect(await insist(() => jobs.end(id))).toMatchObject({ status: 200, job: { state: "done" } });
    finished++;
  }

  /** Looks at what the API says, all the time. */
  let over = false;
  let looks = 0;
  let mostRunning = 0;
  async function auditor() {
    while (!over) {
      // Between two looks the clients have their turn: this machine has few cores.
      await new Promise((resolve) => setTimeout(resolve, 25));
      const list = await jobs.list().catch(() => null);
      if (list === null) continue;
      looks++;
      const runs = list.filter(({ state }) => state === "running");
      mostRunning = Math.max(mostRunning, runs.length);
      for (const { index } of gpus) {
        const promised = runs
          .filter((job) => job.gpus.includes(index))
          .reduce((sum, { peakMiB }) => sum + peakMiB, 0);
        expect(promised).toBeLessThanOrEqual(roomMiB);
      }
      for (const { gpus: chosen, gpuCount } of runs) expect(new Set(chosen).size).toBe(gpuCount);
      // Of jobs of one kind the earlier one starts first; the list is in the order of arrival.
      const kindsThatWait = new Set<string>();
      for (const { state, peakMiB, gpuCount } of list) {
        const kind = `${peakMiB} × ${gpuCount}`;
        if (state === "waiting") kindsThatWait.add(kind);
        if (state === "running") expect(kindsThatWait).not.toContain(kind);
      }
      const positions = list.flatMap(({ position }) => (position === null ? [] : [position]));
      expect(positions).toEqual(positions.map((_, i) => i + 1));
    }
  }

  const auditing = auditor();
  auditing.catch(() => {});
  // The holders, and two that die while they run, have their place before the crowd comes.
  const all = EARLY.map(client);
  await waitUntil(() => holding === 8, { timeoutMs: 200_000, what: "the holders to run" });
  const crowd = Array.from({ length: size }, (_, i) => i).filter((i) => !EARLY.includes(i));
  all.push(...crowd.map(client));
  const everybody = Promise.all(all);
  everybody.catch(() => {});
  await waitUntil(() => finished >= size / 5, { timeoutMs: 400_000, what: "a fifth to finish" });
  await running.crash();
  for (const [id, before] of heldBefore) {
    const { job } = await jobs.show(id);
    expect(job).toMatchObject({ state: "running", gpus: before.gpus, startedAt: before.startedAt });
  }
  release();
  await everybody;
  over = true;
  await auditing;
  expect([looks > 5, mostRunning >= 8, finished]).toEqual([true, true, size - dead]);
  const unfinished = (await jobs.list()).filter(({ endedAt }) => endedAt === null);
  expect(unfinished).toEqual([]);
  // Nothing is reserved any more: every GPU takes a job that fills it.
  for (const _ of gpus) expect(await jobs.ask({ peakMiB: roomMiB })).toMatchObject({ status: 201 });
}
