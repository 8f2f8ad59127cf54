import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GroupView } from "../../shared/protocol/group-view.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { type RedisServer, startRedis } from "../helpers/redis-server.ts";
import { type Rig, type RigOptions, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const SECRET = "the secret of a lab of ours";

let redis: RedisServer;
const rigs: Rig[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  for (const rig of rigs) await rig.close();
  await redis.close();
});

async function member(group: string, name: string, more: RigOptions = {}) {
  const rig = await startRig({
    ...more,
    flags: ["--redis-url", redis.url, "--group", group, "--host-name", name, ...(more.flags ?? [])],
  });
  rigs.push(rig);
  return rig;
}

async function groupOf(rig: Rig): Promise<GroupView> {
  return (await fetch(`${rig.sidecar.url}api/v1/group`)).json();
}

/** Waits until a host's view of the group is as wanted. */
const seen = (rig: Rig, what: string, wanted: (view: GroupView) => unknown) =>
  waitUntil(
    async () => {
      const view = await groupOf(rig);
      return wanted(view) ? view : null;
    },
    { what },
  );

const status = ({ hosts }: GroupView, name: string) => hosts.find((host) => host.name === name)?.status;
const gpuOf = ({ hosts }: GroupView, name: string) =>
  hosts.find((host) => host.name === name)?.state?.gpus[0];

describe("a group over Redis", () => {
  test("GRP-1 GRP-2 two hosts, and one without a GPU that shows both: as they are, turn by turn", async () => {
    const secret = ["--group-secret", SECRET];
    const a = await member("lab", "a", { flags: secret, script: { gpus: [fakeGpu(0), fakeGpu(1)] } });
    const b = await member("lab", "b", { flags: secret });
    const hub = await member("lab", "hub", { flags: [...secret, "--source", "none"] });
    const view = await seen(hub, "both hosts, live", (group) =>
      ["a", "b"].every(
        (name) => status(group, name) === "live" && gpuOf(group, name)?.memoryUsedMiB === 1024,
      ),
    );
    expect(view.hosts.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(view.problem).toBeNull();
    a.fake.setGpu(0, { "memory.used": 9000 });
    b.fake.setGpu(0, { "memory.used": 7000 });
    await seen(
      hub,
      "what changed on both",
      (group) => gpuOf(group, "a")?.memoryUsedMiB === 9000 && gpuOf(group, "b")?.memoryUsedMiB === 7000,
    );
    // Every host shows all; and what it says of another is what that one says of itself.
    const own = (await groupOf(b)).hosts.find(({ name }) => name === "b")?.state;
    const told = await seen(a, "b, as a sees it", (group) => gpuOf(group, "b")?.memoryUsedMiB === 7000);
    const state = told.hosts.find(({ name }) => name === "b")?.state;
    expect(state?.capacity.perGpu[0]).toMatchObject({
      index: 0,
      perJobMiB: own?.capacity.perGpu[0]?.perJobMiB,
    });
    expect(Object.keys(state ?? {}).sort()).toEqual(
      Object.keys(own ?? {})
        .filter((key) => key !== "history")
        .sort(),
    );
    expect((await groupOf(a)).hosts[0]).toMatchObject({ name: "a", address: a.sidecar.url });
    const hello = await hub.connect().hello();
    expect(hello.hosts?.map(({ name }) => name)).toEqual(["a", "b"]);
    expect((await fetch(`${hub.sidecar.url}healthz`)).status).toBe(200);
  });
});
