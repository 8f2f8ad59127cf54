type Falsy = false | 0 | "" | null | undefined;

const POLL_INTERVAL_MS = 10;
/** Who has waited for long waits this share of it longer: looking costs time that what is waited for needs. */
const POLL_SHARE = 0.05;
const LONGEST_POLL_MS = 100;
/** A machine that does much else may take ten times as long as an idle one; who waits in vain loses only this. */
const PATIENCE_MS = 30_000;

/**
 * Polls until the predicate yields something truthy and returns that value.
 * When the time is up, the error names `what` was waited for.
 */
export async function waitUntil<T>(
  predicate: () => T | Falsy | Promise<T | Falsy>,
  {
    timeoutMs = PATIENCE_MS,
    everyMs,
    what,
  }: { timeoutMs?: number; everyMs?: number; what: string | (() => string) },
): Promise<T> {
  const began = performance.now();
  for (;;) {
    const value = await predicate();
    if (value) return value;
    const waitedMs = performance.now() - began;
    if (waitedMs >= timeoutMs)
      throw new Error(`Waited ${timeoutMs} ms in vain for ${typeof what === "string" ? what : what()}`);
    const restMs = Math.min(Math.max(waitedMs * POLL_SHARE, POLL_INTERVAL_MS), LONGEST_POLL_MS);
    await new Promise((resolve) => setTimeout(resolve, everyMs ?? restMs));
  }
}
