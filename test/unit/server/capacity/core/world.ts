import { fit as howMany, type StepInput, step, type Turn } from "../../../../../server/capacity/capacity.ts";
import {
  type CapacityState,
  EMPTY_STATE,
  type GpuEvidence,
  type JobAsk,
  type JobClass,
  type ListedProcess,
  type Tenant,
} from "../../../../../server/capacity/model.ts";
import { POLICY, type Policy } from "../../../../../server/capacity/policy.ts";

export const TOTAL = 24_564;
export const DRIVER = 300;
export const T0 = 1_000_000;

export function process(pid: number, usedMiB: number, backend: string | null = null): ListedProcess {
  return { pid, usedMiB, name: `program ${pid}`, backend };
}

/** A GPU of 24 GB on which exactly these processes hold memory. */
export function gpu(
  processes: readonly ListedProcess[],
  { utilizationPct = 0, index = 0 }: { utilizationPct?: number; index?: number } = {},
): GpuEvidence {
  const usedMiB = processes.reduce((sum, one) => sum + (one.usedMiB ?? 0), 0);
  const list = { kind: "fresh" as const, processes };
  return { index, totalMiB: TOTAL, driverMiB: DRIVER, usedMiB, utilizationPct, list };
}

export function jobClass(key: string, publishedMiB: number | null): JobClass {
  return { key, family: null, size: null, publishedMiB, configuredMiB: null, seconds: 30 };
}

export function ask(id: string, publishedMiB: number | null, more: Partial<JobAsk> = {}): JobAsk {
  const base = { id, asker: "somebody", gpuCount: 1, on: [], pid: null, backend: null };
  return { ...base, jobClass: jobClass(`of ${publishedMiB}`, publishedMiB), ...more };
}

/** One sample a second, the same each time; the last turn is given. */
export function seconds(
  n: number,
  from: { state: CapacityState; atMs: number },
  gpus: readonly GpuEvidence[],
  words: StepInput["words"] = [],
  policy: Policy = POLICY,
): Turn & { atMs: number } {
  let { state, atMs } = from;
  let turn: Turn | null = null;
  for (let i = 0; i < n; i++) {
    atMs += 1000;
    turn = step(state, { nowMs: atMs, gpus, words }, policy);
    state = turn.state;
  }
  if (turn === null) throw new Error("no second passed");
  return { ...turn, atMs };
}

export const START = { state: EMPTY_STATE, atMs: T0 };

export function tenantOf(state: CapacityState, pid: number): Tenant | undefined {
  return state.gpus
    .flatMap((track) => (track.kind === "listed" ? track.tenants : []))
    .find((one) => one.pid === pid);
}

export function fits(at: { state: CapacityState; atMs: number }, wanted: JobAsk): number {
  return howMany(at.state, wanted, POLICY);
}
