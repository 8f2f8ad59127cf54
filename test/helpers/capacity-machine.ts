import * as v from "valibot";
import { expect, onTestFinished } from "vitest";
import { capacitySchema } from "../../shared/protocol/state.ts";
import { type FakeGpu, fakeGpu } from "./fake-nvidia-smi.ts";
import { jobsClient } from "./jobs-client.ts";
import { live } from "./jobs-rig.ts";
import { type RigOptions, startRig } from "./rig.ts";
import { TIME_SCALE } from "./sidecar.ts";
import { waitUntil } from "./wait-until.ts";

/** The rules' own times pass so many times faster: three seconds of idleness are 0.6. */
const SCALE = "5";
export const SMALL = "wan2.1-1.3b-t2v-480p-quant";
export const LARGE = "wan2.1-14b-t2v-480p";

const answerSchema = v.object({ canStart: v.nullable(v.number()), perGpu: capacitySchema.entries.perGpu });
const stateSchema = v.object({ state: v.object({ capacity: capacitySchema }) });

/**
 * A machine of one GPU on which nothing runs but what the test puts there, by numbers that no process of this machine has:
 * the end of one that had it would be that of the job.
 */
export async function machine(totalMiB: number, options: RigOptions = {}) {
  const gpu: FakeGpu = fakeGpu(0, { "memory.total": totalMiB, "memory.used": 0, "memory.reserved": 400 });
  const running = await startRig({
    flags: ["--profile", SMALL],
    ...options,
    script: { gpus: [gpu], ...options.script },
    env: { [TIME_SCALE]: SCALE },
    settings: { interval: 100, ...options.settings },
  });
  onTestFinished(() => running.close());
  const read = async (path: string): Promise<unknown> =>
    (await fetch(`${running.sidecar.url}api/v1/${path}`)).json();
  const capacity = async () => v.parse(stateSchema, await read("state")).state.capacity;
  const onGpu = async () => {
    const [first] = (await capacity()).perGpu;
    if (first === undefined) throw new Error("no GPU yet");
    return first;
  };
  await live(running);
  return {
    rig: running,
    jobs: jobsClient(() => running.sidecar.url),
    capacity,
    onGpu,
    fit: async (query: string) => v.parse(answerSchema, await read(`fit?${query}`)),
    /** What each process holds, and how busy the GPU is with it. */
    holds(processes: Readonly<Record<number, number>>, utilization: number) {
      const list = Object.entries(processes);
      running.fake.set({
        gpus: [
          {
            ...gpu,
            "memory.used": list.reduce((sum, [, mib]) => sum + mib, 0),
            "utilization.gpu": utilization,
          },
        ],
        processes: list.map(([pid, mib]) => ({
          gpu_uuid: gpu.uuid,
          pid: Number(pid),
          process_name: "python3",
          used_memory: mib,
        })),
      });
    },
    /** So many samples later: as long as a rule of the product waits. */
    async samples(count: number) {
      const watching = running.connect();
      await waitUntil(() => watching.samples.length >= count, {
        what: `${count} samples`,
        timeoutMs: 30_000,
      });
      watching.close();
    },
    until: (what: string, holds: (gpu: Awaited<ReturnType<typeof onGpu>>) => boolean) => {
      let last = "";
      return waitUntil(
        async () => {
          const now = await onGpu();
          last = JSON.stringify(now);
          return holds(now) ? now : null;
        },
        { what: () => `${what}; last: ${last}`, timeoutMs: 20_000 },
      );
    },
  };
}

/** C1: a WebUI that keeps 10.2 GB of weights after a job of 12.2 GB on 24 GB. */
export async function onePersonIsToldTheTruth(watched: boolean): Promise<void> {
  const world = await machine(24_564);
  if (watched) await world.rig.connect().hello();
  world.holds({ 4000100: 420 }, 0);
  const idle = await world.until(
    "an idle process",
    ({ running, residents }) => running === 0 && residents[0]?.state === "idle",
  );
  // 24,164 − 420 beside it; in it there is as much.
  expect(idle.canStart).toBeGreaterThanOrEqual(1);
  world.holds({ 4000100: 6000 }, 96);
  await world.until("the load", ({ running }) => running === 1);
  world.holds({ 4000100: 12_200 }, 97);
  const busy = await world.until("the job", ({ freeMiB, running }) => freeMiB === 11_964 && running === 1);
  expect(busy.canStart).toBe(0);
  world.holds({ 4000100: 10_200 }, 0);
  const ended = await world.until("its end", ({ running, freeMiB }) => running === 0 && freeMiB === 13_964);
  expect(ended).toMatchObject({ canStart: 1, inResidents: 1, running: 0 });
  expect(ended.residents).toMatchObject([{ pid: 4_000_100, state: "idle", nextJob: { fits: 1 } }]);
  expect(ended.explanation).toContain("1 in python3");
  // It is told the same when it has been idle for long, and again after another job.
  world.holds({ 4000100: 10_200 }, 97);
  await world.until("the second job", ({ running }) => running === 1);
  world.holds({ 4000100: 10_200 }, 0);
  expect(await world.until("its end", ({ running }) => running === 0)).toMatchObject({ canStart: 1 });
}
