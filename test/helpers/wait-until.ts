type Falsy = false | 0 | "" | null | undefined;

const POLL_INTERVAL_MS = 10;
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
    everyMs = POLL_INTERVAL_MS,
    what,
  }: { timeoutMs?: number; everyMs?: number; what: string | (() => string) },
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await predicate();
    if (value) return value;
    if (performance.now() >= deadline)
      throw new Error(`Waited ${timeoutMs} ms in vain for ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
