import { useEffect, useRef, useState } from "react";

/** Room has to stand for so long before it is shown: somebody who starts a job is often still on the way. */
const STANDS_MS = 5000;

/** What was known at one moment, with the room that there was. */
interface Moment {
  canStart: number | null;
}

interface Steady<T> {
  key: string;
  /** The room of now, since when it stands, and the moment that is shown. */
  slots: readonly { canStart: number | null; since: number; shown: T }[];
}

/**
 * Less room is shown at once, more once it has stood for five seconds, and until then all of the moment before. With
 * another key, and where room was not known before, moments are shown as they are. Pure.
 */
export function steady<T extends Moment>(
  before: Steady<T>,
  key: string,
  moments: readonly T[],
  now: number,
): Steady<T> {
  const slots = moments.map((moment, i) => {
    const { canStart } = moment;
    const old = before.key === key ? before.slots[i] : undefined;
    const since = old?.canStart === canStart ? old.since : now;
    const last = old?.shown ?? moment;
    const rises = (canStart ?? 0) > (last.canStart ?? Number.POSITIVE_INFINITY);
    return { canStart, since, shown: rises && now - since < STANDS_MS ? last : moment };
  });
  return { key, slots };
}

/** The moments as they are shown, and whether one of them waits for room to have stood. */
export function useSteady<T extends Moment>(moments: readonly T[], key: string) {
  const kept = useRef<Steady<T>>({ key, slots: [] });
  const [, redraw] = useState(0);
  kept.current = steady(kept.current, key, moments, performance.now());
  const shown = kept.current.slots.map((slot) => slot.shown);
  const waits = shown.some((moment, i) => moment !== moments[i]);
  useEffect(() => {
    if (!waits) return;
    const timer = setTimeout(() => redraw((n) => n + 1), STANDS_MS);
    return () => clearTimeout(timer);
  }, [waits]);
  return { shown, waits };
}
