import type { JobClass } from "../../../server/capacity/model.ts";
import { POLICY, type Policy } from "../../../server/capacity/policy.ts";
import type { Contender } from "./contender.ts";
import { createNaive } from "./contenders/naive.ts";
import { createPerfect } from "./contenders/perfect.ts";
import { createShipped, type Shipped } from "./contenders/shipped.ts";
import type { Machine } from "./world/machines.ts";
import { type Outcome, type Settings, simulate, type Truth } from "./world/world.ts";

export const WHO = ["perfect", "naive", "declared", "undeclared", "unlisted"] as const;
/** `unlisted`: nobody declares, and the driver names no process. */
export type Who = (typeof WHO)[number];

export interface RunSettings extends Settings {
  machine: Machine;
  who: Who;
  /** What differs from the shipped policy. */
  change?: Partial<Policy>;
  watch?: (truth: Truth, shipped: Shipped) => void;
}

/** One machine, one seed, one contender. */
export function run({ machine, who, change = {}, watch, ...settings }: RunSettings): Outcome {
  const remote = new Set(machine.users.flatMap((one, i) => (one.remote === true ? [`user ${i}`] : [])));
  let shipped: Shipped | null = null;
  const make = (truth: Truth, classes: readonly JobClass[], peakOf: (id: string) => number): Contender => {
    if (who === "naive") return createNaive();
    if (who === "perfect") return createPerfect(truth, peakOf);
    const publishedMiB = classes.flatMap((one) => one.publishedMiB ?? []);
    const release = machine.users.map((_, i) => `backend user ${i}`);
    const mayLeave = new Set(machine.release === true ? release : []);
    shipped = createShipped({
      policy: { ...POLICY, publishedMiB, ...change },
      declared: who === "declared",
      hidden: who === "unlisted",
      remote,
      mayLeave,
      onRelease: (pid) => truth.release(pid),
    });
    return shipped;
  };
  return simulate(machine, settings, make, (truth) => {
    if (shipped !== null) watch?.(truth, shipped);
  });
}

/** Several seeds of one machine, added up. */
export interface Sum {
  finished: number;
  vramTime: number;
  starts: number;
  outOfMemory: Outcome["outOfMemory"];
  /** Most first-figure failures of one kind in one run. */
  firstOfOneKind: number;
  waitS: number;
  longestWaitS: number;
  longestWait: number;
  /** Mean wait of each person. */
  waitOf: readonly number[];
}

export function sumOf(outcomes: readonly Outcome[]): Sum {
  const total = (of: (one: Outcome) => number) => outcomes.reduce((sum, one) => sum + of(one), 0);
  const most = (of: (one: Outcome) => number) => Math.max(0, ...outcomes.map(of));
  return {
    finished: total((one) => one.finished),
    vramTime: total((one) => one.vramTime),
    starts: total((one) => one.starts),
    outOfMemory: {
      bookkeeping: total((one) => one.outOfMemory.bookkeeping),
      measured: total((one) => one.outOfMemory.measured),
      first: total((one) => one.outOfMemory.first),
      visitor: total((one) => one.outOfMemory.visitor),
    },
    firstOfOneKind: most((one) => Math.max(0, ...one.firstFailures.values())),
    waitS: total((one) => one.waitS) / Math.max(1, outcomes.length),
    longestWaitS: most((one) => one.longestWaitS),
    longestWait: most((one) => one.longestWait),
    waitOf: (outcomes[0]?.waitOf ?? []).map((_, i) => total((one) => one.waitOf[i] ?? 0) / outcomes.length),
  };
}

export function over(seeds: readonly number[], settings: Omit<RunSettings, "seed">): Sum {
  return sumOf(seeds.map((seed) => run({ ...settings, seed })));
}
