import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { Asker } from "./asker.ts";
import type { Right } from "./definition.ts";

/** Why who asks has not this right, or `null`. What belongs to the machine's owner is not for the visitors of an app. */
export function problemWith(
  right: Right,
  { actProblem, ownBackend }: Pick<Asker, "actProblem" | "ownBackend">,
): Problem | null {
  if (right === "see") return null;
  return actProblem ?? (right === "act" && ownBackend !== undefined ? problem("not-allowed") : null);
}
