import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { TimelineWords } from "../../i18n/timeline/words.ts";
import { CHART_FRAME } from "./geometry.ts";
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
          <i style={{ marginBlockEnd: -besidePx(reserveGib, promisedGib, topGib) }}>
            {fillIn(words.reserve, { gib: reserveGib.toFixed(1) })}
          </i>
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

/** Height of a line of words under its level; `timeline-marks.css` has the same. */
const WORDS_PX = 15;

/** By how much the words under the reserve go down so that the line of what is promised does not run through them. */
function besidePx(reserveGib: number, promisedGib: number | null, topGib: number): number {
  if (promisedGib === null) return 0;
  const { height, top, bottom } = CHART_FRAME;
  const gapPx = ((reserveGib - promisedGib) / topGib) * (height - top - bottom);
  return gapPx > 0 && gapPx < WORDS_PX ? Math.ceil(gapPx) + 2 : 0;
}
