import { describe, expect, test } from "vitest";
import { arrange, roomOfGroup } from "../../../../client/panel/group/arrange.ts";
import { groupsOf } from "../../../../client/panel/group/groups-of.ts";
import { SIXTY_FOUR, THREE } from "../../../gallery/groups.ts";

const namesOf = (hosts: readonly { name: string }[]) => hosts.map(({ name }) => name);

describe("the order of hosts in the overview", () => {
  test("by name as people count, by room with what is not known last, and those alone whose names are sought", () => {
    const { hosts } = SIXTY_FOUR;
    expect(namesOf(arrange(hosts.toReversed(), "", "name")).slice(0, 3)).toEqual(["node1", "node2", "node3"]);
    const byRoom = namesOf(arrange(hosts, "", "room"));
    expect([...byRoom.slice(0, 2), byRoom.at(-1)]).toEqual(["node1", "node6", "node7"]);
    expect(namesOf(arrange(hosts, " NODE64 ", "name"))).toEqual(["node64"]);
    expect(arrange(hosts, "nobody", "name")).toEqual([]);
  });

  test("GRP-11b room is that of the hosts that tell theirs; where none does it is not known", () => {
    const room = roomOfGroup(SIXTY_FOUR.hosts);
    expect([room?.n, room?.where.length]).toEqual([39, 13]);
    expect(namesOf(roomOfGroup(THREE.hosts)?.where ?? [])).toEqual(["gpu1"]);
    expect(roomOfGroup(THREE.hosts.slice(1))).toBeNull();
  });

  test("GRP-11f grouped by what can be done there or by kind of GPU, each host stands in one group, and within it as ordered", () => {
    const hosts = arrange([...SIXTY_FOUR.hosts, ...THREE.hosts], "", "name");
    const sizes = (by: "state" | "kind") => groupsOf(hosts, by).map((one) => [one.key, one.hosts.length]);
    expect(sizes("state")).toEqual([
      ["room", 14],
      ["full", 50],
      ["away", 3],
    ]);
    expect(sizes("kind")).toEqual([
      ["H100 80GB HBM3", 48],
      ["H200", 16],
      ["RTX 4090", 2],
      [null, 1],
    ]);
    // One kind, whichever driver names it and in whatever order the cards are.
    const [host] = THREE.hosts;
    const called = (kind: string) => host && { ...host, kind };
    const same = [called("NVIDIA A100 + Tesla T4"), called("Tesla T4 + A100")].flatMap((one) => one ?? []);
    expect(groupsOf(same, "kind").map((one) => one.key)).toEqual(["A100 + Tesla T4"]);
    expect(namesOf(groupsOf(hosts, "state")[0]?.hosts ?? []).slice(0, 3)).toEqual(["gpu1", "node1", "node6"]);
  });
});
