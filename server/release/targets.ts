import type { Gpu } from "../../shared/gpu/gpu.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import type { LeavesBy, ReleaseMode } from "../../shared/release/release.ts";
import type { Backend } from "./backends/backend.ts";

/** What is to be released, and how. */
export interface ReleaseDemand {
  mode: ReleaseMode;
  /** One backend alone; all of them without it. */
  backend?: string | undefined;
  /** The only GPU that is measured. */
  gpu?: number | undefined;
  /** Makes a demand that arrives twice one release. */
  requestId?: string | undefined;
  requestedBy: string;
  /** It is released only if it is idle; nothing is waited for. */
  ifIdle?: boolean;
  /** It leaves the card for somebody: why, and for whom. */
  handover?: LeavesBy;
}

/** The backends that are meant, or why none is. Pure. */
export function targetsOf(
  backends: readonly Backend[],
  gpus: readonly Pick<Gpu, "index">[],
  { backend: wanted, mode, gpu }: ReleaseDemand,
): Reply<readonly Backend[]> {
  if (backends.length === 0) return refuse(problem("no-backend"));
  if (gpu !== undefined && gpus.length > 0 && gpus.every(({ index }) => index !== gpu)) {
    return refuse(problem("bad-request", { detail: `there is no GPU ${gpu}` }));
  }
  const targets = wanted === undefined ? backends : backends.filter(({ id }) => id === wanted);
  if (wanted !== undefined && targets.length === 0)
    return refuse(problem("unknown-backend", { backend: wanted }));
  // One that has no way at all says in its own words why.
  const knows = ({ modes }: Backend) => modes.includes(mode) || modes.length === 0;
  if (targets.some(knows)) return succeed(targets);
  const known = new Set(targets.flatMap(({ modes }) => modes));
  const names = targets.map(({ id }) => id).join(", ");
  return refuse(problem("mode-unsupported", { backend: names, mode, modes: [...known].join(", ") }));
}
