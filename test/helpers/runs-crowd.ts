import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type CliRun, startCli } from "./cli.ts";
import type { JobsClient } from "./jobs-client.ts";
import type { Rig } from "./rig.ts";
import { waitUntil } from "./wait-until.ts";

const PEAKS_MIB = [6000, 9000, 12_000];
const FATES = ["wrapper", "program", "sidecar", "nobody"] as const;

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Begun {
  name: string;
  pid: number;
  gpu: number;
}

/**
 * So many `run`s at once, each with one SIGKILL at a random moment: of the wrapper, of the program, or of the sidecar,
 * which comes again. Whatever the sidecar believes, the programs that live are counted by the kernel: what they were
 * promised on one GPU is never more than its room. In the end every place is free.
 */
export async function runsSurviveKills(
  size: number,
  { rig, jobs, roomMiB, seed }: { rig: Rig; jobs: JobsClient; roomMiB: number; seed: number },
): Promise<{ begun: number; mostMiB: number; looks: number }> {
  const random = createRandom(seed);
  const folder = join(rig.fake.dir, "begun");
  mkdirSync(folder);
  const peakOf = (name: string) => PEAKS_MIB[Number(name) % PEAKS_MIB.length] ?? 0;
  const runs = Array.from({ length: size }, (_, i) => {
    const name = String(i);
    const file = join(folder, name);
    const seconds = (0.5 + random() * 2).toFixed(2);
    const script = `echo "$$ $CUDA_VISIBLE_DEVICES" > ${file}.new; mv ${file}.new ${file}; exec sleep ${seconds}`;
    const args = [
      "run",
      "--peak",
      String(peakOf(name)),
      "--label",
      name,
      "--quiet",
      "--",
      "sh",
      "-c",
      script,
    ];
    return {
      name,
      fate: FATES[Math.floor(random() * FATES.length)] ?? "nobody",
      run: startCli(rig.sidecar.url, args),
    };
  });

  const begun = (): Begun[] =>
    readdirSync(folder).flatMap((name) => {
      if (name.endsWith(".new")) return [];
      const [pid, gpu] = readFileSync(join(folder, name), "utf8").trim().split(" ").map(Number);
      return pid === undefined || gpu === undefined ? [] : [{ name, pid, gpu }];
    });

  let over = false;
  let looks = 0;
  let mostMiB = 0;
  async function audit() {
    while (!over) {
      for (const { index } of rig.fake.script.gpus) {
        const here = begun().filter(({ gpu, pid }) => gpu === index && isAlive(pid));
        const promised = here.reduce((sum, { name }) => sum + peakOf(name), 0);
        expect(promised, `GPU ${index}: ${JSON.stringify(here)}`).toBeLessThanOrEqual(roomMiB);
        mostMiB = Math.max(mostMiB, promised);
      }
      looks++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  let declared = 0;
  let crashing: Promise<unknown> = Promise.resolve();
  async function strike({ name, fate, run }: { name: string; fate: (typeof FATES)[number]; run: CliRun }) {
    const share = random();
    let isOver = false;
    void run.ended.then(() => {
      isOver = true;
    });
    const until = (what: string, isSo: () => boolean | Promise<boolean>) =>
      waitUntil(async () => isOver || isSo(), { timeoutMs: 400_000, what: `run ${name} to be ${what}` });
    // At some moment between its declaration and its end; a program first has to begin.
    await until("declared", async () =>
      (await jobs.list().catch(() => [])).some(({ label }) => label === name),
    );
    declared += 1;
    if (fate === "program") await until("begun", () => begun().some((one) => one.name === name));
    // One that begins while there is no sidecar is told so and ends: all are to be in the queue before it is killed.
    if (fate === "sidecar")
      await waitUntil(() => declared === size, { timeoutMs: 400_000, what: "all to be declared" });
    await Promise.race([run.ended, new Promise((resolve) => setTimeout(resolve, share * 2000))]);
    if (fate === "wrapper") run.child.kill("SIGKILL");
    if (fate === "program") {
      const pid = begun().find((one) => one.name === name)?.pid;
      if (pid !== undefined && isAlive(pid)) process.kill(pid, "SIGKILL");
    }
    if (fate === "sidecar") {
      crashing = crashing.then(() => rig.crash());
      await crashing;
    }
    const code = await run.ended;
    // Who begins while there is no sidecar is told so, and begins nothing.
    if (code === 125 && /no panel answers/.test(run.stderr())) return;
    expect(fate === "wrapper" ? ["SIGKILL", 0, 137] : [0, 137], `${fate} ${run.stderr()}`).toContain(code);
  }

  const auditing = audit();
  auditing.catch(() => {});
  await Promise.all(runs.map(strike));
  over = true;
  await auditing;
  const unfinished = () => jobs.list().then((list) => list.filter(({ endedAt }) => endedAt === null));
  await waitUntil(async () => (await unfinished()).length === 0, {
    timeoutMs: 60_000,
    what: "every job to end",
  });
  for (const { index } of rig.fake.script.gpus)
    expect(await jobs.ask({ peakMiB: roomMiB, gpuIndexes: [index] })).toMatchObject({ status: 201 });
  expect(begun().length).toBeGreaterThanOrEqual(size / 5);
  return { begun: begun().length, mostMiB, looks };
}

/** Whether the process still holds what it holds: a zombie does not. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
