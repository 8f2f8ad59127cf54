import type { ReactNode } from "react";
import type { Run } from "../../../shared/timeline/run.ts";
import type { TimelineWords } from "../../i18n/timeline/words.ts";
import type { ChartFrame } from "./geometry.ts";
import { layOutRuns } from "./lay-out-runs.ts";
import { RunBands, RunLines, RunList } from "./RunMarks.tsx";

interface MarksProps {
  runs: readonly Run[];
  gpuIndex: number;
  /** The window of the chart, epoch milliseconds. */
  fromMs: number;
  toMs: number;
  frame: ChartFrame;
  words: TimelineWords;
  /** The chart itself; it knows nothing of the marks. */
  children: ReactNode;
}

const MOST_LANES = 3;

/** Jobs and their phases around and over a chart that shows the time from `fromMs` to `toMs`. */
export function Marks({ runs, gpuIndex, fromMs, toMs, frame, words, children }: MarksProps) {
  const placed = layOutRuns(runs, gpuIndex, fromMs, toMs, MOST_LANES);
  const { top, right, bottom, left } = frame;
  return (
    <>
      {placed.lanes.length > 0 && (
        <div style={{ marginInline: `${left}px ${right}px` }}>
          <RunBands lanes={placed.lanes} words={words} />
        </div>
      )}
      <div className="chart-frame">
        {children}
        <div
          className="chart-marks"
          aria-hidden="true"
          style={{ inset: `${top}px ${right}px ${bottom}px ${left}px` }}
        >
          <RunLines lanes={placed.lanes} />
        </div>
      </div>
      {placed.lanes.length > 0 && <RunList lanes={placed} words={words} />}
    </>
  );
}
