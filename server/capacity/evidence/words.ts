import type { BackendState } from "../../../shared/release/backend.ts";
import type { BackendWord } from "../model.ts";

/** What backends say of themselves: those that were reached and say whether they are busy. Pure. */
export function wordsOf(backends: readonly BackendState[]): BackendWord[] {
  return backends.flatMap(({ id, reachable, busy, queue }) =>
    reachable === false || busy === null ? [] : [{ backend: id, pid: null, busy, queued: (queue ?? 0) > 0 }],
  );
}
