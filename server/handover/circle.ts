import type { Act, HandoverSettings, HandoverState, Seen } from "./model.ts";

/**
 * A circle of waits: a backend in the middle of a job asks for another job and waits for it, and that one waits for the
 * room of the first. The one that waits is let go once nobody else could make room for it, or when it has waited for
 * `yieldMs`. Pure.
 * @param canHelp an idle backend can still leave for a waiting job
 */
export function circleOf(
  { backends }: HandoverState,
  seen: Seen,
  { settleMs, yieldMs }: HandoverSettings,
  { nowMs, canHelp }: { nowMs: number; canHelp: boolean },
): Act | null {
  for (const { jobId, label, from, backend, askedMs } of seen.lacks) {
    // One that names no backend runs in the process that asked: its own next job, which nobody is in the middle of.
    if (from === null || backend === null || from === backend) continue;
    const asks = backends.get(from);
    if (asks === undefined || asks.busySinceMs === null) continue;
    const others = seen.runningIn.filter((one) => one !== from);
    const isAlone = others.length === 0 && !anotherWorks(seen.backends, from);
    const isStuck = isAlone && !canHelp && nowMs - askedMs >= settleMs;
    if (isStuck || nowMs - askedMs >= yieldMs) return { do: "let-go", jobId, label, from };
  }
  return null;
}

/** Another's end could still make room. */
const anotherWorks = (backends: readonly { id: string; busy: boolean | null }[], from: string) =>
  backends.some(({ id, busy }) => id !== from && busy === true);
