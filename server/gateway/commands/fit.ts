import * as v from "valibot";
import { type FitAdvice, fitRequestSchema } from "../../../shared/capacity/fit.ts";
import { problem } from "../../../shared/problems/make-problem.ts";
import { type Reply, refuse } from "../../../shared/protocol/reply.ts";
import { describeIssues } from "../../../shared/protocol/requests.ts";
import type { Sidecar } from "./command.ts";

/** What would make a job of a profile fit that does not. */
export function adviseOnFit(sidecar: Sidecar, request: unknown): Reply<FitAdvice> {
  const parsed = v.safeParse(fitRequestSchema, request);
  if (!parsed.success) return refuse(problem("bad-request", { detail: describeIssues(parsed.issues) }));
  return sidecar.adviseOn(parsed.output.profile);
}
