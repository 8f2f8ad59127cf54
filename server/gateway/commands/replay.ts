import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import { type ReplayState, replayDemandSchema } from "../../../shared/protocol/replay.ts";
import { type Reply, refuse } from "../../../shared/protocol/reply.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import type { Sidecar, Viewer } from "./command.ts";

/** Plays, pauses or moves the recording, for everybody who watches. */
export function replay(sidecar: Sidecar, viewer: Viewer, request: unknown): Reply<ReplayState> {
  if (viewer.actProblem !== null) return refuse(viewer.actProblem);
  const parsed = v.safeParse(replayDemandSchema, request);
  if (!parsed.success) return refuse(problem("bad-request", { detail: describeIssues(parsed.issues) }));
  return sidecar.replay(parsed.output);
}
