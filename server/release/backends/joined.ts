import type { BackendStatus } from "../../../shared/release/backend.ts";
import type { Backend, CallOutcome, StatusOutcome, UnloadOutcome } from "./backend.ts";

type StatusOf = NonNullable<Backend["status"]>;

/**
 * The workers of one app as one backend: each holds models of its own, so that each is asked.
 * @param members never empty while the backend is listed
 */
export function joinBackends(id: string, members: () => readonly [Backend, ...Backend[]]): Backend {
  const first = () => members()[0];
  async function unload(...parameters: Parameters<Backend["unload"]>): Promise<UnloadOutcome> {
    const outcomes: UnloadOutcome[] = [];
    for (const member of members()) outcomes.push(await member.unload(...parameters));
    return joinUnloads(outcomes);
  }
  async function status(...parameters: Parameters<StatusOf>): Promise<StatusOutcome> {
    const asked = members().flatMap((member) => member.status?.(...parameters) ?? []);
    return joinStatuses(await Promise.all(asked));
  }
  async function each(call: (member: Backend) => Promise<CallOutcome> | undefined): Promise<CallOutcome> {
    const outcomes = await Promise.all(members().flatMap((member) => call(member) ?? []));
    return outcomes.find(({ kind }) => kind === "failed") ?? { kind: "accepted" };
  }
  const interrupt = (signal: AbortSignal) => each((member) => member.interrupt?.(signal));
  const load = (signal: AbortSignal) => each((member) => member.load?.(signal));
  const { kind, modes, duringJob, ...ways } = first();
  return {
    ...{ id, kind, modes, duringJob, unload },
    get url() {
      return first().url;
    },
    places: () => members().flatMap(({ url }) => url ?? []),
    ...(ways.status === undefined ? {} : { status }),
    ...(ways.interrupt === undefined ? {} : { interrupt }),
    ...(ways.load === undefined ? {} : { load }),
  };
}

/** What all of them say together; one that does not answer does not hide the others. Pure. */
export function joinStatuses(outcomes: readonly StatusOutcome[]): StatusOutcome {
  const told = outcomes.flatMap((outcome) => (outcome.kind === "status" ? [outcome.status] : []));
  const failed = outcomes.find((outcome) => outcome.kind === "failed");
  if (told.length === 0 && failed !== undefined) return failed;
  const status = joined(told);
  // Of one that is silent nobody knows whether it works.
  if (failed !== undefined && status.busy === false)
    return { kind: "status", status: { ...status, busy: null } };
  return { kind: "status", status };
}

function joined(all: readonly BackendStatus[]): BackendStatus {
  const isBusy = all.some(({ busy }) => busy === true);
  const isKnown = all.every(({ busy }) => busy !== null);
  const models = new Map(all.flatMap((one) => one.models).map((model) => [model.name, model]));
  const allocators = all.flatMap(({ allocator }) => allocator ?? []);
  const [first] = allocators;
  return {
    busy: isBusy || (isKnown ? false : null),
    queue: sum(all.map(({ queue }) => queue)),
    models: [...models.values()],
    allocator:
      first === undefined
        ? null
        : {
            allocatedMiB: sum(allocators.map(({ allocatedMiB }) => allocatedMiB)),
            reservedMiB: sum(allocators.map(({ reservedMiB }) => reservedMiB)),
            maxAllocatedMiB: sum(allocators.map(({ maxAllocatedMiB }) => maxAllocatedMiB)),
          },
  };
}

/** What all of them answered together. Pure. */
export function joinUnloads(outcomes: readonly UnloadOutcome[]): UnloadOutcome {
  const accepted = outcomes.flatMap((outcome) => (outcome.kind === "accepted" ? [outcome.claim] : []));
  const failed = outcomes.find((outcome) => outcome.kind === "failed");
  if (failed !== undefined) {
    const acted = accepted.length > 0;
    const { refused, ...rest } = failed;
    const told = refused === true && !acted ? { refused } : {};
    return { ...rest, reached: failed.reached || acted, ...told };
  }
  if (accepted.length === 0) return { kind: "nothing-loaded" };
  const claims = accepted.flatMap((claim) => claim ?? []);
  if (claims.length === 0) return { kind: "accepted", claim: null };
  const models = claims.flatMap((claim) => claim.models ?? []);
  return {
    kind: "accepted",
    claim: {
      freedMiB: sum(claims.map(({ freedMiB }) => freedMiB)),
      models: models.length === 0 ? null : [...new Set(models)],
    },
  };
}

/** `null` where none is known. */
function sum(figures: readonly (number | null)[]): number | null {
  const known = figures.filter((figure) => figure !== null);
  return known.length === 0 ? null : known.reduce((total, figure) => total + figure, 0);
}
