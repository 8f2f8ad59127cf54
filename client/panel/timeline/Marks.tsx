import { memo, type ReactNode } from "react";
import type { Run } from "../../../shared/capacity/run.ts";
import { useLater } from "../../i18n/use-messages.ts";
import { LevelMarks } from "./LevelMarks.tsx";
import { layOutRuns } from "./lay-out-runs.ts";
import type { Levels } from "./levels.ts";
import { RunBands, RunLines, RunList } from "./RunMarks.tsx";

interface MarksProps {
  runs: readonly Run[];
  gpuIndex: number;
  /** The window of the chart, epoch milliseconds. */
  fromMs: number;
  toMs: number;
  levels: Levels;
  topGib: number;
  /** The chart itself; it knows nothing of the marks. */
  children: ReactNode;
}

const MOST_LANES = 3;

/** Jobs, phases and levels around and over a chart that shows the time from `fromMs` to `toMs`. */
export const Marks = memo(function Marks(props: MarksProps) {
  const { runs, gpuIndex, fromMs, toMs, levels, topGib, children } = props;
  const words = useLater()?.timeline;
  if (words === undefined) return children;
  const placed = layOutRuns(runs, gpuIndex, fromMs, toMs, MOST_LANES);
  return (
    <>
      {placed.lanes.length > 0 && <RunBands lanes={placed.lanes} words={words} />}
      <div className="chart-frame">
        {children}
        <div className="chart-marks" aria-hidden="true">
          <RunLines lanes={placed.lanes} />
          <LevelMarks levels={levels} topGib={topGib} words={words} />
        </div>
      </div>
      {placed.lanes.length > 0 && <RunList lanes={placed} words={words} />}
    </>
  );
});
