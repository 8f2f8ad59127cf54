import { createHash, randomUUID } from "node:crypto";
import type { HostOfGroup } from "../../shared/protocol/host-of-group.ts";
import type { State } from "../../shared/protocol/state.ts";
import { networkUrls } from "../binding/network-urls.ts";
import type { Options } from "../config/options.ts";
import { createRedisGroup, type Group } from "../group/group.ts";
import { createLoneGroup } from "../group/lone-group.ts";
import type { OwnHost } from "../group/own-turns.ts";
import { createPeersGroup } from "../group/peers.ts";
import { steadyMs, wallMs } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import type { Sampler } from "../sampling/sampler.ts";
import type { Timings } from "../timings.ts";

export interface GroupParts {
  disposer: Disposer;
  sampler: Pick<Sampler, "latest">;
  /** Where this panel is found; `null`: on a host's server, which alone knows. */
  url: string | null;
  /** What the machine calls itself. */
  machine: string;
  state(): State;
  complain(message: string): void;
  timings: Timings;
}

/** The hosts that this sidecar shows: those of its group in Redis, its peers, or itself alone. */
export function composeGroup(
  options: Pick<
    Options,
    "redisUrl" | "group" | "groupSecret" | "hostName" | "address" | "peers" | "source" | "host"
  >,
  parts: GroupParts,
): Group {
  const { redisUrl, peers, source } = options;
  const own = ownHost(options, parts);
  const ownInGroup = (): HostOfGroup | null => {
    if (source === "none") return null;
    const state = parts.state();
    const { id, name, address } = own;
    return { id, name, address, status: state.source.status, seenAt: wallMs(), state };
  };
  const common = {
    ...{ own, ownHost: ownInGroup, complain: parts.complain, nowMs: steadyMs, wallMs },
    timings: parts.timings.group,
  };
  const group =
    redisUrl !== undefined
      ? createRedisGroup({
          ...common,
          gpus: () => parts.sampler.latest().gpus,
          capacity: () => parts.state().capacity,
          shows: source !== "none",
          redis: {
            url: redisUrl,
            group: options.group ?? DEFAULT_GROUP,
            secret: options.groupSecret ?? null,
          },
        })
      : peers !== undefined
        ? createPeersGroup({ ...common, peers })
        : createLoneGroup(ownInGroup);
  parts.disposer.add(group.close);
  group.start();
  return group;
}

const DEFAULT_GROUP = "gpus";

function ownHost(
  { hostName, address: given, host }: Pick<Options, "hostName" | "address" | "host">,
  { url, machine }: Pick<GroupParts, "url" | "machine">,
): OwnHost {
  const name = hostName ?? machine;
  const address = given ?? (url === null ? "" : (networkUrls(url, host)[0] ?? url));
  // Two on one machine have one name, and two machines may: where they are found tells them apart.
  const digest = createHash("sha256").update(`${name}\n${address}`).digest("hex").slice(0, 6);
  const id = `${name.replace(/[^\w.-]+/g, "-").slice(0, 60)}-${digest}`;
  return { id, name, address, boot: randomUUID(), bootAt: wallMs() };
}
