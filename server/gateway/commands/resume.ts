import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { Resumed } from "../../../shared/protocol/messages.ts";
import { type Reply, refuse, succeed } from "../../../shared/protocol/reply.ts";
import { describeIssues, resumeRequestSchema } from "../../../shared/protocol/requests.ts";
import type { Sidecar, Viewer } from "./command.ts";

/** Fills the gap of a panel that was hidden or slow. */
export function resume(sidecar: Sidecar, viewer: Viewer, request: unknown): Reply<Resumed> {
  const parsed = v.safeParse(resumeRequestSchema, request);
  if (!parsed.success) return refuse(problem("bad-request", { detail: describeIssues(parsed.issues) }));
  const { sinceSeq, historyMs } = parsed.output;
  viewer.wantHistory(historyMs);
  return succeed(sidecar.resume(sinceSeq, viewer.historyMs));
}
