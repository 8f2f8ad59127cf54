import * as v from "valibot";
import { problemSchema } from "../problems/problem.ts";
import { hostOfGroupSchema } from "./host-of-group.ts";
import type { Difference } from "./json-diff.ts";

const figure = v.nullable(v.number());

export const groupOverviewRequestSchema = v.strictObject({
  /** Job profile of whom the room is told; `null`: each host's first. */
  profile: v.nullable(v.pipe(v.string(), v.maxLength(200))),
  /** Number of the overview that is there already: what changed since is enough. */
  since: v.exactOptional(v.number()),
});
export type GroupOverviewRequest = v.InferOutput<typeof groupOverviewRequestSchema>;

/** A host as one row: its GPUs together. Figures of a host that is stale are those that it told last. */
export const hostRowSchema = v.object({
  ...v.pick(hostOfGroupSchema, ["id", "name", "address", "status"]).entries,
  /** Since it was heard of; `null`: never. */
  ageSeconds: figure,
  gpus: v.number(),
  /** What its GPUs are called; of several kinds, each once. `null`: it has told of none. */
  kind: v.nullable(v.string()),
  /** Can it be asked to release? `none`: it has no backend that could. */
  release: v.picklist(["none", "ready", "goes-on"]),
  /** Declared jobs that run or wait there. */
  jobs: v.number(),
  /** Over the GPUs that report both, MiB. */
  usedMiB: figure,
  totalMiB: figure,
  /** The mean of those that report it. */
  utilizationPct: figure,
  /** Of the hottest one. */
  temperatureC: figure,
  /** `null`: not known, or the figures are old. */
  canStart: figure,
});
export type HostRow = v.InferOutput<typeof hostRowSchema>;

/** What an overview of many hosts shows, and no more. */
export const groupOverviewSchema = v.object({
  group: v.nullable(v.string()),
  problem: v.nullable(problemSchema),
  hosts: v.array(hostRowSchema),
});
export type GroupOverview = v.InferOutput<typeof groupOverviewSchema>;

/** Of a host what moves with every sample. */
const MOVING = ["usedMiB", "utilizationPct", "temperatureC"] as const;

/** The overview as it is told: what moves stands apart, one figure behind the other, so that a difference is short. */
export const toldOverviewSchema = v.object({
  ...groupOverviewSchema.entries,
  hosts: v.array(v.omit(hostRowSchema, MOVING)),
  /** `usedMiB`, `utilizationPct` and `temperatureC` of each host, in the order of `hosts`. */
  figures: v.array(figure),
});
export type ToldOverview = v.InferOutput<typeof toldOverviewSchema>;

/** Pure. */
export function toldOf({ hosts, ...rest }: GroupOverview): ToldOverview {
  return {
    ...rest,
    hosts: hosts.map(({ usedMiB: _, utilizationPct: __, temperatureC: ___, ...row }) => row),
    figures: hosts.flatMap((host) => MOVING.map((name) => host[name])),
  };
}

/** Pure. */
export function overviewOfTold({ hosts, figures, ...rest }: ToldOverview): GroupOverview {
  const rows = hosts.map((row, i) => {
    const [usedMiB = null, utilizationPct = null, temperatureC = null] = figures.slice(i * MOVING.length);
    return { ...row, usedMiB, utilizationPct, temperatureC };
  });
  return { ...rest, hosts: rows };
}

/** The overview, or what changed in it since the one that was named; with the number to name next time. */
export const overviewAnswerSchema = v.union([
  v.object({
    n: v.number(),
    changes: v.custom<Difference>((value) => typeof value === "object" && value !== null),
  }),
  v.object({ n: v.number(), ...toldOverviewSchema.entries }),
]);
export type OverviewAnswer = v.InferOutput<typeof overviewAnswerSchema>;
