import type { HostRow } from "../../../shared/protocol/group-overview.ts";
import { gpuName } from "../gpus/gpu-name.ts";

/** By what the rows are put together: what can be done there, or what their GPUs are. */
export type Grouping = "none" | "state" | "kind";
/** What can be done there, in the order of interest. */
export const ROOM_STATES = ["room", "full", "unknown", "away"] as const;
export type RoomState = (typeof ROOM_STATES)[number];

/** Hosts that stand together. `key` is the state, or the kind of GPU as it is shown; `null`: they tell no kind. */
export interface HostGroup {
  key: string | null;
  hosts: readonly HostRow[];
}

/** Can a job start there, not now, is that not known, or is nothing heard of it? Pure. */
export function roomStateOf({ status, canStart }: HostRow): RoomState {
  if (status !== "live" && status !== "starting") return "away";
  if (canStart === null) return "unknown";
  return canStart > 0 ? "room" : "full";
}

/** Drivers differ in whether they name the brand, and hosts in the order of their cards: the kind is the same. */
const kindOf = ({ kind }: HostRow) => kind?.split(" + ").map(gpuName).sort().join(" + ") ?? null;

/** The hosts in groups, within each as they are ordered: states by interest, kinds of GPU by name. Pure. */
export function groupsOf(hosts: readonly HostRow[], by: Exclude<Grouping, "none">): HostGroup[] {
  const groups = new Map<string | null, HostRow[]>(by === "state" ? ROOM_STATES.map((key) => [key, []]) : []);
  for (const host of hosts) {
    const key = by === "state" ? roomStateOf(host) : kindOf(host);
    groups.set(key, [...(groups.get(key) ?? []), host]);
  }
  const found = [...groups]
    .map(([key, those]) => ({ key, hosts: those }))
    .filter((one) => one.hosts.length > 0);
  return by === "state"
    ? found
    : found.sort((a, b) => nameOf(a).localeCompare(nameOf(b), "en", { numeric: true }));
}

/** Those that tell none come last. */
const nameOf = ({ key }: HostGroup) => key ?? "\uffff";
