import * as v from "valibot";
import type { Mute } from "../../../shared/health/past-alert.ts";
import { problem } from "../../../shared/problems/make-problem.ts";
import { acknowledgeRequestSchema, muteRequestSchema } from "../../../shared/protocol/alert-requests.ts";
import { type Reply, refuse } from "../../../shared/protocol/reply.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import type { Sidecar, Viewer } from "./command.ts";

/** Somebody has seen the alert and takes care of it. */
export function acknowledgeAlert(sidecar: Sidecar, viewer: Viewer, request: unknown): Reply<{ id: string }> {
  if (viewer.actProblem !== null) return refuse(viewer.actProblem);
  const parsed = v.safeParse(acknowledgeRequestSchema, request);
  if (!parsed.success) return refuse(problem("bad-request", { detail: describeIssues(parsed.issues) }));
  return sidecar.alerts.acknowledge(parsed.output.id, viewer.address);
}

/** Nobody is told of a rule's alerts for a while. */
export function muteRule(sidecar: Sidecar, viewer: Viewer, request: unknown): Reply<Mute> {
  if (viewer.actProblem !== null) return refuse(viewer.actProblem);
  const parsed = v.safeParse(muteRequestSchema, request);
  if (!parsed.success) return refuse(problem("bad-request", { detail: describeIssues(parsed.issues) }));
  return sidecar.alerts.mute(parsed.output.rule, parsed.output.minutes);
}
