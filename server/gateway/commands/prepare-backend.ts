import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import { type Reply, refuse } from "../../../shared/protocol/reply.ts";
import { describeIssues, prepareRequestSchema } from "../../../shared/protocol/requests.ts";
import type { Sidecar, Viewer } from "./command.ts";

/** Makes a backend ready that a release has left unable to run a job. */
export async function prepareBackend(
  sidecar: Sidecar,
  viewer: Viewer,
  request: unknown,
): Promise<Reply<{ id: string }>> {
  if (viewer.actProblem !== null) return refuse(viewer.actProblem);
  const parsed = v.safeParse(prepareRequestSchema, request);
  if (!parsed.success) return refuse(problem("bad-request", { detail: describeIssues(parsed.issues) }));
  return sidecar.prepareBackend(parsed.output.id);
}
