import type { UnloadOutcome } from "./backend.ts";
import type { CallFailure } from "./call.ts";

/**
 * Unloads models one after the other, for backends that take one at a time. What was accepted counts, even
 * where another model was refused; nothing more is asked of a backend that has stopped answering.
 */
export async function unloadEach(
  names: readonly string[],
  unload: (name: string) => Promise<{ kind: "accepted" } | CallFailure>,
): Promise<UnloadOutcome> {
  const accepted: string[] = [];
  let failure: CallFailure | null = null;
  for (const name of names) {
    const outcome = await unload(name);
    if (outcome.kind === "accepted") {
      accepted.push(name);
      continue;
    }
    failure ??= outcome;
    if (outcome.status === null) break;
  }
  if (accepted.length > 0) return { kind: "accepted", claim: { freedMiB: null, models: accepted } };
  return failure ?? { kind: "nothing-loaded" };
}
