import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import { type Reply, refuse } from "../../../shared/protocol/reply.ts";
import { describeIssues, releaseRequestSchema } from "../../../shared/protocol/requests.ts";
import type { Sidecar, Viewer } from "./command.ts";

/** Starts a release, for those who may, and only in the run of the sidecar that the viewer was looking at. */
export function release(sidecar: Sidecar, viewer: Viewer, request: unknown): Reply<{ id: string }> {
  if (viewer.actProblem !== null) return refuse(viewer.actProblem);
  const parsed = v.safeParse(releaseRequestSchema, request);
  if (!parsed.success) return refuse(problem("bad-request", { detail: describeIssues(parsed.issues) }));
  const { bootId, requestId, mode, backend, gpu } = parsed.output;
  if (bootId !== sidecar.bootId) return refuse(problem("sidecar-restarted"));
  return sidecar.release({ requestId, mode, backend, gpu, requestedBy: viewer.address });
}
