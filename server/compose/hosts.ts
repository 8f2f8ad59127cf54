import { createHooks, type Hooks } from "../hosts/hooks.ts";
import { createLeases, type Leases } from "../hosts/leases.ts";
import type { Disposer } from "../lib/disposer.ts";
import type { BackendList } from "../release/backend-list.ts";
import type { Timings } from "../timings.ts";

/** Programs that share this sidecar. */
export interface HostsArea {
  hooks: Hooks;
  leases: Leases;
}

export function composeHosts(
  disposer: Disposer,
  parts: {
    list: BackendList;
    timings: Timings;
    isReplay: boolean;
    whenUnleased: (() => void) | undefined;
  },
): HostsArea {
  const hooks = createHooks(parts.list, parts.timings, !parts.isReplay);
  const leases = createLeases(hooks, parts.timings.hosts, parts.whenUnleased);
  disposer.add(hooks.close);
  disposer.add(leases.close);
  return { hooks, leases };
}
