import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { TimelineWords } from "../../i18n/timeline/words.ts";
import type { Levels } from "./levels.ts";

interface LevelMarksProps {
  levels: Levels;
  topGib: number;
  words: TimelineWords;
}

/** How far VRAM is promised to go, and where the reserve begins. */
export function LevelMarks({
  levels: { promisedGib, reserveGib, totalGib },
  topGib,
  words,
}: LevelMarksProps) {
  const bottom = (gib: number) => `${Math.min(100, (gib / topGib) * 100).toFixed(2)}%`;
  return (
    <>
      {reserveGib !== null && totalGib !== null && (
        <span
          className="level level-reserve"
          style={{ bottom: bottom(reserveGib), top: `${(100 - (totalGib / topGib) * 100).toFixed(2)}%` }}
        >
          <i>{fillIn(words.reserve, { gib: reserveGib.toFixed(1) })}</i>
        </span>
      )}
      {promisedGib !== null && (
        <span className="level level-promised" style={{ bottom: bottom(promisedGib) }}>
          <i>{fillIn(words.promised, { gib: promisedGib.toFixed(1) })}</i>
        </span>
      )}
    </>
  );
}
