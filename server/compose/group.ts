import { randomUUID } from "node:crypto";
import type { HostOfGroup } from "../../shared/protocol/host-of-group.ts";
import type { State } from "../../shared/protocol/state.ts";
import type { ActsOn } from "../actions/acts-on.ts";
import { ownName } from "../binding/own-name.ts";
import type { Options } from "../config/options.ts";
import { createElsewhere, type Elsewhere } from "../group/elsewhere.ts";
import { createRedisGroup, type Group } from "../group/group.ts";
import { createLoneGroup } from "../group/lone-group.ts";
import { createPassOn } from "../group/pass-on.ts";
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
  const own = { ...ownName(options, parts.url), boot: randomUUID(), bootAt: wallMs() };
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
        : createLoneGroup(own, ownInGroup);
  parts.disposer.add(group.close);
  group.start();
  return group;
}

const DEFAULT_GROUP = "gpus";

/** What is asked of the other hosts of the group. */
export function composeElsewhere(
  { own, view, targetOf }: Group,
  parts: Pick<GroupParts, "disposer" | "timings"> & { jobs: ActsOn["jobs"]; fit: ActsOn["fit"] },
): Elsewhere {
  const passOn = createPassOn(parts.timings.group.passOnMs);
  parts.disposer.add(passOn.close);
  return createElsewhere({
    ...{ own, targetOf, passOn: passOn.pass, nowMs: steadyMs },
    hosts: () => view().hosts,
    ownJobs: parts.jobs,
    ownFit: (query, asker) => parts.fit(query, asker, "en"),
  });
}
