import { randomUUID } from "node:crypto";
import type { LeaseBody } from "../../shared/protocol/host-requests.ts";
import { type Reply, succeed } from "../../shared/protocol/reply.ts";
import type { HostTimings } from "../timings.ts";
import type { Hooks } from "./hooks.ts";

/** What a host is told when its lease begins. */
export interface Lease {
  id: string;
  /** The backend that its hook became. */
  backend: string | null;
}

/** The hosts that use this sidecar, each while it holds a connection open. */
export interface Leases {
  /** @param gone aborted when the connection has closed, however the host ended */
  begin(wish: LeaseBody, address: string, gone: AbortSignal): Reply<Lease>;
  close(): void;
}

/**
 * @param whenUnleased called once nobody has held a lease for a while, also when nobody came at all; `undefined`: the
 * sidecar was started by hand and ends by hand
 */
export function createLeases(
  hooks: Pick<Hooks, "hold">,
  { firstLeaseMs, leaseGraceMs }: Pick<HostTimings, "firstLeaseMs" | "leaseGraceMs">,
  whenUnleased: (() => void) | undefined,
): Leases {
  let held = 0;
  let timer: NodeJS.Timeout | undefined;

  function waitFor(ms: number) {
    if (whenUnleased !== undefined) timer = setTimeout(whenUnleased, ms);
  }
  waitFor(firstLeaseMs);

  return {
    begin({ label, hook }, address, gone) {
      const known = hook === undefined ? null : hooks.hold({ ...hook, label }, address);
      if (known !== null && !known.ok) return known;
      clearTimeout(timer);
      held++;
      const end = () => {
        known?.data.end();
        held--;
        if (held === 0) waitFor(leaseGraceMs);
      };
      if (gone.aborted) end();
      else gone.addEventListener("abort", end, { once: true });
      return succeed({ id: randomUUID(), backend: known?.data.id ?? null });
    },
    close: () => clearTimeout(timer),
  };
}
