import type { JobClass } from "../../../server/capacity/model.ts";
import { POLICY, type Policy } from "../../../server/capacity/policy.ts";
import type { Contender } from "./contender.ts";
import { createNaive } from "./contenders/naive.ts";
import { createPerfect } from "./contenders/perfect.ts";
import { createShipped, type Shipped } from "./contenders/shipped.ts";
import type { Machine } from "./world/machines.ts";
import { type Outcome, type Settings, simulate, type Truth } from "./world/world.ts";

export const WHO = ["perfect", "naive", "declared", "undeclared", "unlisted"] as const;
export type Who = (typeof WHO)[number];

export interface RunSettings extends Settings {
  machine: Machine;
  who: Who;
  /** What differs from the shipped policy. */
  change?: Partial<Policy>;
  watch?: (truth: Truth, shipped: Shipped) => void;
}

export function run({ machine, who, change = {}, watch, ...settings }: RunSettings): Outcome {
  const remote = new Set(machine.users.flatMap((one, i) => (one.remote === true ? [`user ${i}`] : [])));
  let shipped: Shipped | null = null;
  const make = (truth: Truth, classes: readonly JobClass[], peakOf: (id: string) => number): Contender => {
    if (who === "naive") return createNaive();
    if (who === "perfect") return createPerfect(truth, peakOf);
    const publishedMiB = classes.flatMap((one) => one.publishedMiB ?? []);
    const release = machine.users.map((_, i) => `backend user ${i}`);
    const releaseOnRequest = new Set(machine.release === true ? release : []);
    shipped = createShipped({
      policy: { ...POLICY, publishedMiB, releaseOnRequest, ...change },
      declared: who === "declared",
      hidden: who === "unlisted",
      remote,
      onRelease: (pid) => truth.release(pid),
    });
    return shipped;
  };
  return simulate(machine, settings, make, (truth) => {
    if (shipped !== null) watch?.(truth, shipped);
  });
}
