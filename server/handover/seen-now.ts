import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import { isReleasing } from "../../shared/release/release.ts";
import type { Turn } from "../capacity/capacity.ts";
import type { Policy } from "../capacity/policy.ts";
import type { BackendWatch } from "../release/backend-watch.ts";
import type { Backend } from "../release/backends/backend.ts";
import type { ReleaseController } from "../release/controller.ts";
import { backendSeen } from "./backend-seen.ts";
import { fromCapacity } from "./from-capacity.ts";
import type { HoldSeen } from "./hold.ts";
import type { Seen } from "./model.ts";
import { works } from "./see.ts";

/** Where a moment is read. */
export interface SeenContext {
  backends: readonly Backend[];
  watch: Pick<BackendWatch, "states">;
  releases: Pick<ReleaseController, "state" | "loading">;
  latest(): Sample;
}

/** What one step of capacity brings along, and how it is asked to let a job start. */
export interface StepAround {
  policy: Policy;
  labelOf(jobId: string): string;
  askedFrom(jobId: string): string | null;
  /** Backends that have let others have the card in mid-job. */
  away(): ReadonlySet<string>;
  letGo(jobId: string): void;
}

/** Everything that the hand-over goes by: the last step of capacity, and what backends say by now. */
export function seenNow(
  { backends, watch, releases, latest }: SeenContext,
  turn: Turn,
  around: StepAround,
  held: boolean,
): Seen {
  const capacity = fromCapacity(turn.state, turn.demands, around.policy, around);
  const away = around.away();
  return {
    ...capacity,
    backends: watch.states().map((one) => {
      const { tellsBusyWhenAsked = false, parks = false } = backends.find(({ id }) => id === one.id) ?? {};
      return backendSeen(one, { ...capacity, tellsBusyWhenAsked, parks, away });
    }),
    hottestC: mostOf(latest().gpus, ({ temperatureC }) => temperatureC),
    held,
    underWay: isReleasing(releases.state()) || releases.loading() !== null,
  };
}

/** The same, as a hold sees it. */
export function holdSeen(seen: Seen, gpus: readonly Gpu[]): HoldSeen {
  return {
    works: seen.runningIn.length > 0 || seen.backends.some((one) => works(one, seen)),
    utilizationPct: mostOf(gpus, ({ utilizationGpuPct }) => utilizationGpuPct),
    isWanted: seen.lacks.length > 0,
  };
}

const mostOf = (gpus: readonly Gpu[], of: (gpu: Gpu) => number | null) =>
  gpus.reduce<number | null>((most, gpu) => {
    const value = of(gpu);
    return value === null ? most : Math.max(most ?? value, value);
  }, null);
