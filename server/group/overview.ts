import { usedPctOf, vramOf } from "../../shared/gpu/vram.ts";
import type { GroupOverview, HostRow } from "../../shared/protocol/group-overview.ts";
import type { GroupView } from "../../shared/protocol/group-view.ts";
import type { HostOfGroup } from "../../shared/protocol/host-of-group.ts";
import type { State } from "../../shared/protocol/state.ts";
import { isReleasing } from "../../shared/release/release.ts";

/** The hosts of a group as rows. Pure. */
export function overviewOf(
  { group, problem, hosts }: GroupView,
  profile: string | null,
  wallMs: number,
): GroupOverview {
  return { group, problem, hosts: hosts.map((host) => rowOf(host, profile, wallMs)) };
}

function rowOf({ state, seenAt, ...host }: HostOfGroup, profile: string | null, wallMs: number): HostRow {
  const { id, name, address, status } = host;
  const gpus = state?.gpus ?? [];
  const vram = gpus
    .map((gpu, i) => vramOf(gpu, state?.promises[i]?.unified))
    .filter((one) => usedPctOf(one) !== null);
  const utilizations = gpus.flatMap(({ utilizationGpuPct }) => utilizationGpuPct ?? []);
  const temperatures = gpus.flatMap(({ temperatureC }) => temperatureC ?? []);
  return {
    ...{ id, name, address, status },
    // Of one that tells its turns there is nothing to say, and nothing that would change.
    ageSeconds: seenAt === null ? null : SILENT.includes(status) ? ageOf(seenAt, wallMs) : 0,
    gpus: gpus.length,
    kind: gpus.length === 0 ? null : [...new Set(gpus.map(({ name: kind }) => kind))].join(" + "),
    release:
      state === null || state.backends.every(({ modes }) => modes.length === 0)
        ? "none"
        : isReleasing(state.release)
          ? "goes-on"
          : "ready",
    jobs: state?.jobs.filter(({ state: is }) => is === "running" || is === "waiting").length ?? 0,
    usedMiB: sumOf(vram.flatMap(({ usedMiB }) => usedMiB ?? [])),
    totalMiB: sumOf(vram.flatMap(({ totalMiB }) => totalMiB ?? [])),
    utilizationPct:
      utilizations.length === 0 ? null : Math.round((sumOf(utilizations) ?? 0) / utilizations.length),
    temperatureC: temperatures.length === 0 ? null : Math.max(...temperatures),
    canStart: status === "live" && state !== null ? roomIn(state, profile) : null,
  };
}

/** A profile that this host does not know has no room that anybody could tell. */
const roomIn = ({ fits, capacity }: State, profile: string | null) =>
  profile === null ? capacity.canStart : (fits[profile]?.canStart ?? null);

const sumOf = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
const SILENT: readonly HostOfGroup["status"][] = ["stale", "unreachable"];
const ageOf = (seenAt: number, wallMs: number) => Math.max(0, Math.round((wallMs - seenAt) / 1000));
