import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { overviewOf } from "../../../../server/group/overview.ts";
import { overviewOfTold, toldOf } from "../../../../shared/protocol/group-overview.ts";
import type { GroupView } from "../../../../shared/protocol/group-view.ts";
import type { HostOfGroup } from "../../../../shared/protocol/host-of-group.ts";
import { difference } from "../../../../shared/protocol/json-diff.ts";
import { type State, stateSchema } from "../../../../shared/protocol/state.ts";
import { type gpu, machine } from "../../../gallery/fixtures.ts";
import { SIXTY_FOUR } from "../../../gallery/groups.ts";

const NOW = 1_800_000_000_000;

function stateOf(...looks: Parameters<typeof gpu>[1][]): State {
  const { known } = machine(looks);
  if (known === null) throw new Error("a machine is known");
  const capacity = { profile: "wan2.2-14b", perGpu: [], recommendedMax: null, canStart: 7 };
  return v.parse(stateSchema, { ...known, capacity });
}
const hostWith = (look: Partial<HostOfGroup>): HostOfGroup => ({
  ...{ id: "a", name: "a", address: "http://a/", status: "live", seenAt: NOW - 4000, state: null },
  ...look,
});
const view = (...hosts: HostOfGroup[]): GroupView => ({ group: "lab", problem: null, hosts });

describe("the overview of a group", () => {
  test("GRP-11 a host is one row: its VRAM summed, its mean utilization, its hottest GPU, its room", () => {
    const state = stateOf(
      { totalGib: 24, usedGib: 10, utilization: 90, temperature: 71 },
      { totalGib: 24, usedGib: null, utilization: null, temperature: null },
      { totalGib: 48, usedGib: 20, utilization: 30, temperature: 60 },
    );
    const row = overviewOf(view(hostWith({ state })), null, NOW).hosts[0];
    expect(row).toEqual({
      ...{ id: "a", name: "a", address: "http://a/", status: "live", ageSeconds: 0, gpus: 3 },
      ...{ kind: state.gpus[0]?.name, release: "ready", jobs: state.jobs.length },
      ...{ usedMiB: 30 * 1024, totalMiB: 72 * 1024, utilizationPct: 60, temperatureC: 71, canStart: 7 },
    });
    // As llama.cpp with one model: it is there, and knows no way.
    const backends = state.backends.map((one) => ({ ...one, modes: [] }));
    const unable = overviewOf(view(hostWith({ state: { ...state, backends } })), null, NOW).hosts[0];
    expect(unable?.release).toBe("none");
    const [asked, unheard] = ["wan2.1-1.3b", "no such"].map(
      (profile) => overviewOf(view(hostWith({ state })), profile, NOW).hosts[0]?.canStart,
    );
    expect([asked, unheard]).toEqual([state.fits["wan2.1-1.3b"]?.canStart ?? null, null]);
  });

  test("GRP-11b a stale host keeps its last figures and recommends nothing; of an unreachable one nothing is known", () => {
    const state = stateOf({ totalGib: 24, usedGib: 10 });
    const rows = overviewOf(
      view(hostWith({ state, status: "stale" }), hostWith({ status: "unreachable", seenAt: null })),
      null,
      NOW,
    ).hosts;
    expect(rows.map(({ usedMiB, canStart, ageSeconds }) => [usedMiB, canStart, ageSeconds])).toEqual([
      [10 * 1024, null, 4],
      [null, null, null],
    ]);
  });

  test("GRP-11d with 64 hosts of eight GPUs it takes at most 25 bytes for each GPU and second", () => {
    const gpus = SIXTY_FOUR.hosts.reduce((sum, host) => sum + host.gpus, 0);
    const everySeconds = 2;
    const bytes = (data: object) => JSON.stringify({ ok: true, data }).length;
    expect(bytes(toldOf(SIXTY_FOUR)) / gpus / everySeconds).toBeLessThan(25);
    // All that moves has moved, and a viewer sees three rows of all.
    const moved = SIXTY_FOUR.hosts.map((host, i) => ({
      ...host,
      ...{ usedMiB: 650_000 + i, utilizationPct: 90 - (i % 80), temperatureC: 60 + (i % 30) },
    }));
    const changes = difference(toldOf(SIXTY_FOUR), toldOf({ ...SIXTY_FOUR, hosts: moved }));
    expect(bytes({ n: NOW, changes }) / (3 * 8) / everySeconds).toBeLessThan(25);
  });

  test("what is told is all of it, in the order of the hosts", () => {
    expect(overviewOfTold(toldOf(SIXTY_FOUR))).toEqual(SIXTY_FOUR);
  });
});
