import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { steadyMs } from "../lib/clock.ts";
import { rest } from "../lib/rest.ts";
import type { BackendWatch } from "./backend-watch.ts";
import type { Backend } from "./backends/backend.ts";
import type { ReleaseLimits } from "./release-limits.ts";

/** How it came out. `stays`: what was accepted did not happen, or nobody can tell any more. */
export type Left = { kind: "gone" } | { kind: "cancelled" } | { kind: "stays" | "failed"; problem: Problem };

export interface GoneOptions {
  watch: Pick<BackendWatch, "nextChange">;
  going: NonNullable<Backend["going"]>;
  limits: Pick<ReleaseLimits, "lookMs" | "goneLimitMs" | "jobLimitMs">;
  /** Ends the wait for a job; what was asked stays asked. */
  cancel: AbortSignal;
  closing: AbortSignal;
  /** `inUse`: it waits for a job. */
  onLook(inUse: boolean): void;
}

/** Waits until all is gone that an accepted unload was asked for, where the backend goes on after its answer. */
export async function waitUntilGone({
  watch,
  going,
  limits: { lookMs, goneLimitMs, jobLimitMs },
  cancel,
  closing,
  onLook,
}: GoneOptions): Promise<Left> {
  const either = AbortSignal.any([cancel, closing]);
  const startedMs = steadyMs();
  let idleSinceMs = startedMs;
  let stayed = false;
  /** It was seen going, and has answered since: in a long wait one slow answer is no end. */
  let answered = false;
  for (;;) {
    const look = await going(closing);
    if (closing.aborted) return { kind: "failed", problem: problem("sidecar-closing") };
    if (cancel.aborted) return { kind: "cancelled" };
    const nowMs = steadyMs();
    switch (look.kind) {
      case "gone":
        return look;
      case "failed":
        // A backend that has ended has taken its models with it.
        if (!look.reached) return { kind: "gone" };
        if (!answered) return { kind: "stays", problem: look.problem };
        answered = false;
        break;
      case "stays":
        // Once may be a look between the answer and the deed.
        if (stayed) return look;
        stayed = true;
        break;
      case "going":
        stayed = false;
        answered = true;
        if (look.inUse) {
          idleSinceMs = nowMs;
          if (nowMs - startedMs > jobLimitMs) {
            return {
              kind: "failed",
              problem: problem("job-still-running", { minutes: jobLimitMs / 60_000 }),
            };
          }
        }
        // The samples have the last word.
        if (nowMs - idleSinceMs > goneLimitMs) return { kind: "gone" };
        onLook(look.inUse);
    }
    // What others tell meanwhile must not make two looks at one moment out of it.
    await (stayed ? rest(lookMs, either) : watch.nextChange(lookMs, either));
  }
}
