import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import { type Reply, refuse } from "../../../shared/protocol/reply.ts";
import { cancelRequestSchema, describeIssues } from "../../../shared/protocol/requests.ts";
import type { Sidecar, Viewer } from "./command.ts";

/** Cancels a release that waits for a job, whoever began it. */
export function cancelRelease(sidecar: Sidecar, viewer: Viewer, request: unknown): Reply<{ id: string }> {
  if (viewer.actProblem !== null) return refuse(viewer.actProblem);
  const parsed = v.safeParse(cancelRequestSchema, request);
  if (!parsed.success) return refuse(problem("bad-request", { detail: describeIssues(parsed.issues) }));
  return sidecar.cancelRelease(viewer.address, parsed.output.id);
}
