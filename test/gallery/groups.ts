import { problem } from "../../shared/problems/make-problem.ts";
import type { GroupOverview, HostRow } from "../../shared/protocol/group-overview.ts";

const GIB = 1024;
const host = (name: string, look: Partial<HostRow> = {}): HostRow => ({
  ...{ id: name, name, address: `http://${name}.lab:7870/`, status: "live", ageSeconds: 0, gpus: 2 },
  ...{ kind: "NVIDIA GeForce RTX 4090", release: "ready", jobs: 0 },
  ...{ usedMiB: 28.1 * GIB, totalMiB: 48 * GIB, utilizationPct: 49, temperatureC: 68, canStart: 1 },
  ...look,
});
const NOTHING = {
  usedMiB: null,
  totalMiB: null,
  utilizationPct: null,
  temperatureC: null,
  canStart: null,
  kind: null,
  release: "none" as const,
};

/** This host, one that has fallen silent, and one that cannot be reached. */
export const THREE: GroupOverview = {
  group: "lab",
  problem: problem("peer-away", { name: "gpu3" }),
  hosts: [
    host("gpu1", { jobs: 2, release: "goes-on" }),
    host("gpu2-with-a-name-that-does-not-end", { status: "stale", ageSeconds: 12, canStart: null }),
    host("gpu3", { status: "unreachable", ageSeconds: 95, gpus: 0, ...NOTHING }),
  ],
};

/** A hall of machines with eight GPUs each. */
export const SIXTY_FOUR: GroupOverview = {
  group: "hall",
  problem: null,
  hosts: Array.from({ length: 64 }, (_, i) =>
    host(`node${i + 1}`, {
      ...{ gpus: 8, totalMiB: 637 * GIB, usedMiB: (40 + ((i * 97) % 590)) * GIB },
      ...{ utilizationPct: (i * 37) % 101, temperatureC: 36 + ((i * 11) % 52) },
      ...{
        canStart: i % 5 === 0 ? 3 : 0,
        kind: i < 48 ? "NVIDIA H100 80GB HBM3" : "NVIDIA H200",
        jobs: i % 3,
      },
      ...(i === 6 ? { status: "stale" as const, ageSeconds: 31, canStart: null } : {}),
    }),
  ),
};
