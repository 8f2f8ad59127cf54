import * as v from "valibot";
import { type HistoryAnswer, historyQuerySchema } from "../../../shared/history/series.ts";
import { problem } from "../../../shared/problems/make-problem.ts";
import { type Reply, refuse } from "../../../shared/protocol/reply.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import type { Sidecar, Viewer } from "./command.ts";

/** Any stretch of the last 30 days, downsampled. */
export function history(sidecar: Sidecar, viewer: Viewer, request: unknown): Reply<HistoryAnswer> {
  const parsed = v.safeParse(historyQuerySchema, request);
  if (!parsed.success) return refuse(problem("bad-request", { detail: describeIssues(parsed.issues) }));
  return sidecar.history(parsed.output, viewer.address);
}
