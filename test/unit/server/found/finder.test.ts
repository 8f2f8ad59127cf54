import { expect, onTestFinished, test } from "vitest";
import type { Candidate, ProcessPort } from "../../../../server/found/candidates.ts";
import { createFinder } from "../../../../server/found/finder.ts";
import type { Recognised } from "../../../../server/found/kinds.ts";

const COMFYUI: Recognised = { kind: "comfyui", adoptable: true };

/** A machine whose programs and their ports are set; what is asked is listed. */
function machine() {
  const asked: number[] = [];
  const now = { atMs: 0, pids: [7], ports: [{ port: 8189, pid: 7, process: "7@1" }] as ProcessPort[] };
  const known = new Map<number, Recognised>([[8189, COMFYUI]]);
  const running = new Set([7, 8]);
  let atOnce = 0;
  let most = 0;
  const finder = createFinder({
    gpus: () => [{ processes: now.pids.map((pid) => ({ pid, name: null, usedMiB: 1 })) }],
    portsOf: async (pids) => now.ports.filter(({ pid }) => pids.includes(pid)),
    taken: () => new Set([7870]),
    async ask({ port }: Candidate) {
      asked.push(port);
      atOnce++;
      most = Math.max(most, atOnce);
      await Promise.resolve();
      atOnce--;
      return known.get(port) ?? null;
    },
    isRunning: (pid) => running.has(pid),
    nowMs: () => now.atMs,
    lookAgainMs: 15_000,
  });
  onTestFinished(() => finder.close());
  /** A sample, and all that it sets off. */
  async function sample() {
    finder.sample();
    for (let i = 0; i < 200; i++) await Promise.resolve();
  }
  const ofProcess = () => asked.filter((port) => port === 8189).length;
  return { finder, asked, now, known, running, sample, ofProcess, most: () => most };
}

test("FND-1e nothing is asked before somebody watches, and nothing again for those who come back", async () => {
  const { finder, asked, sample } = machine();
  await sample();
  expect(asked).toEqual([]);
  finder.setWatched(true);
  await sample();
  expect(asked[0]).toBe(8189);
  expect(finder.found()).toEqual([{ ...COMFYUI, port: 8189, pid: 7 }]);
  const count = asked.length;
  expect(new Set(asked).size).toBe(count);
  finder.setWatched(false);
  finder.setWatched(true);
  await sample();
  expect(asked).toHaveLength(count);
});

test("FND-1b a port that opens later is asked when it does, each once; another process with it is asked anew", async () => {
  const { finder, now, known, sample, ofProcess } = machine();
  known.delete(8189);
  const ports = now.ports;
  now.ports = [];
  finder.setWatched(true);
  await sample();
  now.ports = ports;
  await sample();
  expect(ofProcess()).toBe(0);
  now.atMs = 15_000;
  await sample();
  expect(ofProcess()).toBe(1);
  now.atMs = 60_000;
  await sample();
  expect(ofProcess()).toBe(1);
  now.pids = [8];
  now.ports = [{ port: 8189, pid: 8, process: "8@5" }];
  await sample();
  expect(ofProcess()).toBe(2);
});

test("FND-1d a few at the same time", async () => {
  const { finder, now, sample, most } = machine();
  now.ports = Array.from({ length: 40 }, (_, i) => ({ port: 10_000 + i, pid: 7, process: "7@1" }));
  finder.setWatched(true);
  await sample();
  expect(most()).toBe(4);
});

test("FND-4c what has ended is no offer any more; looking again asks everything anew", async () => {
  const { finder, running, sample, ofProcess } = machine();
  finder.setWatched(true);
  await sample();
  finder.lookAgain();
  expect(finder.found()).toEqual([]);
  await sample();
  expect(ofProcess()).toBe(2);
  expect(finder.found()).toHaveLength(1);
  running.delete(7);
  await sample();
  expect(finder.found()).toEqual([]);
});
