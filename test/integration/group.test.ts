import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GroupView } from "../../shared/protocol/group-view.ts";
import type { HostOfGroup } from "../../shared/protocol/host-of-group.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import {
  type GroupRigs,
  gpuIn,
  groupOf,
  SECRET,
  seen,
  startGroupRigs,
  statusIn,
} from "../helpers/group-rigs.ts";
import type { RedisServer } from "../helpers/redis-server.ts";
import { type Rig, type RigOptions, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** A minute of waiting, made shorter; long enough for a busy machine to see what is stale before it is gone. */
const soonGone: RigOptions["timings"] = (scaled) => ({ ...scaled, group: { ...scaled.group, goneMs: 8000 } });

let group: GroupRigs;
let redis: RedisServer;
const rigs: Rig[] = [];
beforeAll(async () => {
  group = await startGroupRigs();
  redis = group.redis;
});
afterAll(async () => {
  for (const rig of rigs) await rig.close();
  await group.close();
});
const member: GroupRigs["member"] = (...of) => group.member(...of);

describe("a group over Redis", () => {
  test("GRP-1 GRP-2 two hosts, and one without a GPU that shows both: as they are, turn by turn", async () => {
    const secret = ["--group-secret", SECRET];
    const a = await member("lab", "a", { flags: secret, script: { gpus: [fakeGpu(0), fakeGpu(1)] } });
    const b = await member("lab", "b", { flags: secret });
    const hub = await member("lab", "hub", { flags: [...secret, "--source", "none"] });
    const view = await seen(hub, "both hosts, live", (group) =>
      ["a", "b"].every(
        (name) => statusIn(group, name) === "live" && gpuIn(group, name)?.memoryUsedMiB === 1024,
      ),
    );
    expect(view.hosts.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(view.problem).toBeNull();
    a.fake.setGpu(0, { "memory.used": 9000 });
    b.fake.setGpu(0, { "memory.used": 7000 });
    await seen(
      hub,
      "what changed on both",
      (group) => gpuIn(group, "a")?.memoryUsedMiB === 9000 && gpuIn(group, "b")?.memoryUsedMiB === 7000,
    );
    // Every host shows all; and what it says of another is what that one says of itself.
    const own = (await groupOf(b)).hosts.find(({ name }) => name === "b")?.state;
    const toldByA = await seen(a, "b, as a sees it", (group) => gpuIn(group, "b")?.memoryUsedMiB === 7000);
    const state = toldByA.hosts.find(({ name }) => name === "b")?.state;
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
    const told = async (search: string) => {
      const { hosts } = await (await fetch(`${hub.sidecar.url}api/v1/state${search}`)).json();
      return hosts.map(({ name, state }: HostOfGroup) => [name, state?.gpus.length ?? null]);
    };
    expect(await told("")).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
    // What a panel asks for has their names and no more: the states of a hall would be a megabyte and a half.
    const named = [
      ["a", null],
      ["b", null],
    ];
    expect(await told("?hosts=names")).toEqual(named);
    expect(hello.hosts?.map(({ name, state }) => [name, state])).toEqual(named);
    expect((await fetch(`${hub.sidecar.url}healthz`)).status).toBe(200);
  });

  test("GRP-3 GRP-3b a host that stops is stale, then gone, and back by itself", async () => {
    const a = await member("ends", "a", { timings: soonGone });
    const b = await member("ends", "b", { flags: ["--address", "http://b.lab:7870"] });
    await seen(a, "b", (group) => statusIn(group, "b") === "live");
    // It is stale for a while only: whoever looks after the end may come too late.
    await Promise.all([seen(a, "b as stale", (group) => statusIn(group, "b") === "stale"), b.sidecar.end()]);
    await seen(a, "b gone", (group) => statusIn(group, "b") === undefined);
    await b.restart();
    await seen(a, "b again", (group) => statusIn(group, "b") === "live" && group.hosts.length === 2);
  });

  test("GRP-4 GRP-4b with Redis away a host goes on, the group says so, and when it is back without its data all is as before", async () => {
    const a = await member("away", "a");
    const b = await member("away", "b");
    const both = (group: GroupView) => statusIn(group, "a") === "live" && statusIn(group, "b") === "live";
    for (const rig of [a, b]) await seen(rig, "both", both);
    await redis.kill();
    const away = await seen(a, "what is wrong", ({ problem }) => problem?.code === "group-away");
    expect(away.hosts.map(({ name }) => name)).toEqual(["a", "b"]);
    await seen(a, "b as stale", (group) => statusIn(group, "b") === "stale");
    a.fake.setGpu(0, { "memory.used": 5000 });
    b.fake.setGpu(0, { "memory.used": 6000 });
    await seen(a, "its own figures", (group) => gpuIn(group, "a")?.memoryUsedMiB === 5000);
    expect((await fetch(`${a.sidecar.url}healthz`)).status).toBe(200);
    expect(a.sidecar.output()).toContain("Redis cannot be reached");
    await redis.start();
    const back = await seen(
      a,
      "both again",
      (group) => both(group) && gpuIn(group, "b")?.memoryUsedMiB === 6000,
    );
    expect([back.problem, back.hosts.length]).toEqual([null, 2]);
    const known = () => redis.ask("scard", "gpu-panel:away:hosts");
    await waitUntil(async () => (await known()) === "2\n", { what: "each of them once" });
  });

  test("GRP-5 a stranger in Redis gains nothing: rubbish, a forged host, a repeated entry; it is said once", async () => {
    const flags = ["--group-secret", SECRET];
    const a = await member("guarded", "a", { flags });
    const b = await member("guarded", "b", { flags });
    const [, other] = (await seen(a, "b", (group) => statusIn(group, "b") === "live")).hosts;
    const keyOfB = `gpu-panel:guarded:host:${other?.id}`;
    const stream = "gpu-panel:guarded:turns";
    const [mac = "", body = ""] = (await redis.ask("get", keyOfB)).split("\n");
    // Its address points to the stranger: with its own signature, a later number, or none at all.
    const forged = body.replace(b.sidecar.url, "http://127.0.0.1:1/").replace(/"n":\d+/, '"n":100000');
    expect(forged).not.toBe(body);
    for (const [entry, signed] of [
      ["rubbish", ""],
      [forged, mac],
      [forged, ""],
      [body, mac],
    ] as const)
      await redis.ask("xadd", stream, "*", "e", entry, "m", signed);
    await redis.ask("xadd", stream, "*", "something", "else");
    await redis.ask("sadd", "gpu-panel:guarded:hosts", "nobody");
    await redis.ask("set", "gpu-panel:guarded:host:nobody", `${mac}\n${forged}`);
    await waitUntil(() => a.sidecar.output().includes("not signed with its secret"), {
      what: "a word of it",
    });
    b.fake.setGpu(0, { "memory.used": 8000 });
    const view = await seen(
      a,
      "b, after that",
      (group) =>
        gpuIn(group, "b")?.memoryUsedMiB === 8000 &&
        ["a", "b"].every((name) => statusIn(group, name) === "live"),
    );
    expect(view.hosts.map(({ name, address, status: is }) => [name, address, is])).toEqual([
      ["a", a.sidecar.url, "live"],
      ["b", b.sidecar.url, "live"],
    ]);
    expect(a.sidecar.output().split("not signed with its secret")).toHaveLength(2);
  });

  test("GRP-4c what Redis refuses is told with what to do about it, the host goes on, and what is refused no more is forgotten", async () => {
    const a = await member("refused", "a");
    const b = await member("refused", "b");
    const isLive = (name: string) => (group: GroupView) => statusIn(group, name) === "live";
    await seen(b, "a", isLive("a"));
    await redis.ask("config", "set", "maxmemory", "1");
    const full = await seen(a, "what is wrong", (group) => group.problem?.code === "group-not-written");
    expect(full.problem?.message).toContain("OOM");
    await seen(b, "a as stale", (group) => statusIn(group, "a") === "stale");
    a.fake.setGpu(0, { "memory.used": 5000 });
    await seen(a, "its own figures", (group) => gpuIn(group, "a")?.memoryUsedMiB === 5000);
    expect(a.sidecar.output().split("takes nothing from this host")).toHaveLength(2);
    await redis.ask("config", "set", "maxmemory", "0");
    const back = await seen(b, "a again", (group) => gpuIn(group, "a")?.memoryUsedMiB === 5000);
    expect(statusIn(back, "a")).toBe("live");
    await seen(a, "nothing wrong", (group) => group.problem === null && isLive("b")(group));
  });

  test("GRP-4c a wrong password is told as what it is, and with the right one all is well", async () => {
    await redis.ask("acl", "setuser", "lab", "on", ">right", "~gpu-panel:*", "+@all");
    const guarded = redis.url.replace("//", "//lab:wrong@");
    const a = await startRig({ flags: ["--redis-url", guarded, "--group", "in", "--host-name", "a"] });
    rigs.push(a);
    await seen(a, "the password", (group) => group.problem?.code === "group-not-admitted");
    await waitUntil(() => a.sidecar.output().includes("does not let this host in"), { what: "a word of it" });
    await seen(a, "its own samples", (group) => statusIn(group, "a") === "live");
    await redis.ask("acl", "setuser", "lab", ">wrong");
    await seen(a, "that it is let in", (group) => group.problem === null);
  });

  test("a Redis that only reads is good enough to see the others", async () => {
    const a = await member("replica", "a");
    const hub = await member("replica", "hub", { flags: ["--source", "none"] });
    await seen(hub, "a", (group) => statusIn(group, "a") === "live");
    await redis.ask("sadd", "gpu-panel:replica:hosts", "gone-long-ago");
    await redis.ask("replicaof", "127.0.0.1", "1");
    await seen(a, "that nothing is written", (group) => group.problem?.code === "group-not-written");
    const view = await seen(hub, "a as stale", (group) => statusIn(group, "a") === "stale");
    expect(view.problem).toBeNull();
    await redis.ask("replicaof", "no", "one");
    await seen(hub, "a again", (group) => statusIn(group, "a") === "live");
  });

  test("Redis that holds something else under our names is told, and the host goes on", async () => {
    await redis.ask("set", "gpu-panel:taken:turns", "of somebody else");
    const a = await member("taken", "a");
    const { problem } = await seen(a, "what is wrong", (group) =>
      group.problem?.message.includes("WRONGTYPE"),
    );
    expect(problem?.code).toBe("group-away");
    await waitUntil(async () => (await fetch(`${a.sidecar.url}healthz`)).ok, { what: "samples of its own" });
  });
});

test("GRP-6 peers give the same view without a Redis, and one that is away is told", async () => {
  const a = await startRig({ flags: ["--host-name", "a"] });
  rigs.push(a);
  const settings = { peers: [{ url: a.sidecar.url }, { url: "http://127.0.0.1:1024" }] };
  const hub = await startRig({ timings: soonGone, settings, flags: ["--source", "none"] });
  rigs.push(hub);
  a.fake.setGpu(0, { "memory.used": 4321 });
  const view = await seen(hub, "the peer", (group) => gpuIn(group, "a")?.memoryUsedMiB === 4321);
  expect(view.hosts.map(({ name, status: is }) => [name, is])).toEqual([
    ["a", "live"],
    ["127.0.0.1:1024", "unreachable"],
  ]);
  expect(view.problem).toMatchObject({ code: "peer-away", params: { name: "127.0.0.1:1024" } });
  await a.sidecar.end();
  const after = await seen(hub, "that it is away", (group) => statusIn(group, "a") === "unreachable");
  expect(after.hosts[0]).toMatchObject({ name: "a", state: null });
});
