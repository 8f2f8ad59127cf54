import { useEffect, useRef, useState } from "react";

/** Room has to stand for so long before it is shown: somebody who starts a job is often still on the way. */
const STANDS_MS = 5000;

/**
 * The figures as they are shown: what falls, falls at once; what rises has to have stood for five seconds. With another
 * key, and where a figure was not known before, they are shown as they are.
 */
export function useSteady(figures: readonly (number | null)[], key: string): readonly (number | null)[] {
  const kept = useRef({ key, shown: figures, since: figures.map(() => 0), target: figures });
  const [, redraw] = useState(0);
  const now = performance.now();
  const before = kept.current;
  const isSame = before.key === key && before.shown.length === figures.length;
  const since = figures.map((figure, i) =>
    isSame && figure === before.target[i] ? (before.since[i] ?? now) : now,
  );
  const shown = figures.map((figure, i) => {
    const last = isSame ? (before.shown[i] ?? null) : null;
    const rises = figure !== null && last !== null && figure > last;
    return rises && now - (since[i] ?? now) < STANDS_MS ? last : figure;
  });
  kept.current = { key, shown, since, target: figures };
  const waits = shown.some((figure, i) => figure !== figures[i]);
  useEffect(() => {
    if (!waits) return;
    const timer = setTimeout(() => redraw((n) => n + 1), STANDS_MS);
    return () => clearTimeout(timer);
  }, [waits]);
  return shown;
}
