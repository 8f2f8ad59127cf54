import type { GroupView } from "../../shared/protocol/group-view.ts";
import { type RedisServer, startRedis } from "./redis-server.ts";
import { type Rig, type RigOptions, startRig } from "./rig.ts";
import { waitUntil } from "./wait-until.ts";

export const SECRET = "the secret of a lab of ours";

/** Sidecars that share a Redis, all ended together. */
export interface GroupRigs {
  redis: RedisServer;
  member(group: string, name: string, more?: RigOptions): Promise<Rig>;
  close(): Promise<void>;
}

export async function startGroupRigs(ofRedis: Parameters<typeof startRedis>[0] = {}): Promise<GroupRigs> {
  const redis = await startRedis(ofRedis);
  const rigs: Rig[] = [];
  return {
    redis,
    async member(group, name, more = {}) {
      const own = ["--redis-url", redis.url, "--group", group, "--host-name", name];
      const rig = await startRig({ ...more, flags: [...own, ...(more.flags ?? [])] });
      rigs.push(rig);
      return rig;
    },
    async close() {
      for (const rig of rigs) await rig.close();
      await redis.close();
    },
  };
}

export async function groupOf(rig: Rig): Promise<GroupView> {
  return (await fetch(`${rig.sidecar.url}api/v1/group`)).json();
}

/** Waits until a host's view of the group is as wanted. */
export const seen = (rig: Rig, what: string, wanted: (view: GroupView) => unknown) =>
  waitUntil(
    async () => {
      const view = await groupOf(rig);
      return wanted(view) ? view : null;
    },
    { what },
  );

export const hostIn = ({ hosts }: GroupView, name: string) => hosts.find((host) => host.name === name);
export const statusIn = (view: GroupView, name: string) => hostIn(view, name)?.status;
export const gpuIn = (view: GroupView, name: string) => hostIn(view, name)?.state?.gpus[0];
