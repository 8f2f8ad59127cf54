/** How a recording is being played. */
export interface Playback {
  /** Recorded moment that is shown, epoch milliseconds. */
  atMs: number;
  /** Recorded seconds per second, 1 to 60. */
  speed: number;
  paused: boolean;
}

export interface PlayRange {
  times: Float64Array;
  intervalMs: number;
}

/** A gap in the recording is waited out for this long at most, in seconds of whoever watches. */
const LONGEST_WAIT_MS = 5000;

/**
 * Where playback is after `elapsedMs` of the viewer's time. A gap that would take long is jumped over; at the end it
 * stops. Pure.
 */
export function advance(playback: Playback, { times }: PlayRange, elapsedMs: number): Playback {
  if (playback.paused) return playback;
  const last = times.at(-1) ?? playback.atMs;
  const wanted = playback.atMs + elapsedMs * playback.speed;
  const next = nextAfter(times, playback.atMs);
  const far = next !== null && next - playback.atMs > LONGEST_WAIT_MS * playback.speed;
  const atMs = Math.min(last, far ? Math.max(next, wanted) : wanted);
  return { ...playback, atMs, paused: atMs >= last };
}

function nextAfter(times: Float64Array, atMs: number): number | null {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return times[low] ?? null;
}
