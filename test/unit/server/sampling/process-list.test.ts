import { expect, test } from "vitest";
import { createProcessList } from "../../../../server/sampling/process-list.ts";
import type { ProcessAnswer } from "../../../../server/sampling/source.ts";
import { TIMINGS } from "../../../../server/timings.ts";

test("REL-1b who wants a list of now gets none that was asked for before, and shares the next", async () => {
  const queries: ((answer: ProcessAnswer) => void)[] = [];
  const list = createProcessList({
    source: { queryProcesses: () => new Promise((resolve) => queries.push(resolve)) },
    timings: TIMINGS.processes,
    ...{ nowMs: () => 0, gpus: () => [], isLive: () => true, isWatched: () => true, take() {} },
  });
  const answer = { processes: null, cpuMs: null };
  const ended: string[] = [];
  const all = [
    list.refresh().then(() => ended.push("joined")),
    list.refreshAnew().then(() => ended.push("anew")),
    list.refreshAnew().then(() => ended.push("shared")),
  ];
  expect(queries).toHaveLength(1);
  queries[0]?.(answer);
  await all[0];
  await new Promise(setImmediate);
  expect([queries.length, ended]).toEqual([2, ["joined"]]);
  queries[1]?.(answer);
  await Promise.all(all);
  expect([queries.length, ended]).toEqual([2, ["joined", "anew", "shared"]]);
});
