import { expect } from "vitest";
import type { Job } from "../../shared/jobs/job.ts";
import { hostIn, SECRET, seen, startGroupRigs, statusIn } from "./group-rigs.ts";
import { idOf, type JobAnswer, jobsClient } from "./jobs-client.ts";
import type { Rig } from "./rig.ts";
import { waitUntil } from "./wait-until.ts";

const PEAK_MIB = 4000;
/** Of the one GPU of each host, beside what is in use, kept by the driver and kept free. */
const ROOM_MIB = 24_564 - 1024 - 460 - 256;

/**
 * So many ask at once for room anywhere in a group of three hosts, and one is killed in the middle: no GPU is
 * over-committed, no job is on two hosts, and none that was let in is lost.
 */
export async function groupSurvivesKill(size: number): Promise<void> {
  const group = await startGroupRigs();
  const flags = ["--group-secret", SECRET];
  try {
    const hosts = [];
    for (const name of ["a", "b", "c"])
      hosts.push(await group.member("crowd", name, { flags, own: name === "b" }));
    const hub = await group.member("crowd", "hub", { flags: [...flags, "--source", "none"] });
    await seen(hub, "all three, ready", (view) =>
      ["a", "b", "c"].every(
        (name) => statusIn(view, name) === "live" && hostIn(view, name)?.state?.gpus.length === 1,
      ),
    );
    await crowd(size, hub, hosts);
  } finally {
    await group.close();
  }
}

async function crowd(size: number, hub: Rig, hosts: readonly Rig[]) {
  const over = jobsClient(() => hub.sidecar.url);
  const at = hosts.map((host) => jobsClient(() => host.sidecar.url));
  const patience = { timeoutMs: 400_000 };
  /** A host that is away, and an address that asks too often, are asked again. */
  const insist = (call: () => Promise<JobAnswer>, what: string) =>
    waitUntil(
      async () => {
        const answer = await call().catch(() => null);
        return answer === null || [408, 429, 503].includes(answer.status) ? null : answer;
      },
      { ...patience, everyMs: 100, what },
    );
  const admitted = new Map<string, string>();
  /** Ids of those that were taken, as their clients know. */
  const taken = new Set<string>();
  let ended = 0;
  let killed = false;

  async function client(i: number) {
    const label = `job ${i}`;
    const wish = { anywhere: true, requestId: label, label, peakMiB: PEAK_MIB, ttlSeconds: 3600 };
    const first = await insist(() => over.ask(wish), `${label} to be taken`);
    expect([label, first.status === 201 || first.status === 202, first.code]).toEqual([label, true, null]);
    const id = idOf(first);
    taken.add(id);
    const again = await insist(() => over.ask(wish), `${label}, asked once more`);
    expect([label, again.job?.id]).toEqual([label, id]);
    await waitUntil(async () => (await insist(() => over.show(id, 5), label)).job?.state === "running", {
      ...patience,
      everyMs: 100,
      what: `${label} to run`,
    });
    admitted.set(label, id);
    // Until the kill all stay, so that it meets jobs that run and jobs that wait.
    await waitUntil(() => killed, { ...patience, what: "the kill" });
    expect((await insist(() => over.end(id), `the end of ${label}`)).job?.state).toBe("done");
    ended++;
  }

  /** What all hosts say at one time. */
  async function inspect() {
    const lists = await Promise.all(at.map((jobs) => jobs.list().catch((): Job[] => [])));
    const running = lists.map((jobs) => jobs.filter(({ state }) => state === "running"));
    for (const jobs of running) expect(jobs.length * PEAK_MIB).toBeLessThanOrEqual(ROOM_MIB);
    // Those that wait are looked at in the end: one that asks whether there is room now stands in the list for a moment.
    const all = running.flat();
    expect(new Set(all.map(({ label }) => label)).size).toBe(all.length);
    return lists;
  }

  let inspecting = true;
  const inspections = (async () => {
    while (inspecting) {
      const beganMs = performance.now();
      await inspect();
      // Lists of hundreds of jobs are work, which those who ask need, too.
      const tookMs = performance.now() - beganMs;
      await new Promise((resolve) => setTimeout(resolve, Math.max(100, 4 * tookMs)));
    }
  })();
  const clients = Promise.all(Array.from({ length: size }, (_, i) => client(i)));
  const [, b] = hosts;
  const [, jobsOfB] = at;
  if (b === undefined || jobsOfB === undefined) throw new Error("there is no b");
  await waitUntil(() => admitted.size >= 6 && taken.size >= size / 2, {
    ...patience,
    what: "some to run, and half of them to be taken",
  });
  const acknowledged = async () => (await jobsOfB.list()).filter(({ id }) => taken.has(id));
  const before = await acknowledged();
  expect(before.length).toBeGreaterThan(0);
  await b.crash();
  const after = new Map((await jobsOfB.list()).map((job) => [job.id, job]));
  expect(before.filter(({ id }) => !after.has(id)).map(({ label }) => label)).toEqual([]);
  killed = true;
  await clients;
  inspecting = false;
  await inspections;
  expect([admitted.size, ended, new Set(admitted.values()).size]).toEqual([size, size, size]);
  const left = (await inspect()).flat().filter(({ state }) => state === "running" || state === "waiting");
  expect(left).toEqual([]);
}
