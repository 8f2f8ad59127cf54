import type { Tenant, TenantState } from "../model.ts";
import type { Policy } from "../policy.ts";

/** What speaks for or against a tenant's computing in this sample. */
export interface Signs {
  /** A declared job runs in it. */
  hasJob: boolean;
  /** A declared job waits in it, and so nothing runs there. */
  awaitsStart: boolean;
  /** What its backend says; `null`: none that tells. */
  told: boolean | null;
  /** It says so in this very sample. */
  toldNow: boolean;
  /** Its own memory rose. */
  grew: boolean;
  /** It is the only one above 1 GB, and no declared job runs on its GPU. */
  alone: boolean;
  low: boolean;
  busy: boolean;
}

/** Rule of who is running. Who was idle stays idle until it moves: utilization beside others is somebody else's. */
export function nextState(tenant: Tenant, signs: Signs, nowMs: number, policy: Policy): TenantState {
  if (signs.hasJob) return "running";
  if (signs.told === true) return "running";
  const begins = signs.grew || (signs.alone && signs.busy);
  if (signs.told === false) return begins && !signs.toldNow ? "running" : "idle";
  if (signs.grew) return "running";
  const low = signs.low && nowMs - tenant.movedMs >= policy.idleMs;
  if (low || signs.awaitsStart) return "idle";
  const flat = nowMs - tenant.movedMs >= policy.flatMs;
  if (flat && tenant.heldMiB < tenant.jobPeakMiB * policy.fallenShare) return "idle";
  if (signs.alone) return signs.busy ? "running" : tenant.state;
  return flat && tenant.state === "running" ? "cannot-tell" : tenant.state;
}
