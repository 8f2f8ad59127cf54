import { Suspense, useMemo } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Run } from "../../../shared/timeline/run.ts";
import { gib, withUnit } from "../../i18n/format.ts";
import type { TimelineWords } from "../../i18n/timeline/words.ts";
import { rangesOf } from "../concurrency/ranges.ts";
import { frameFor } from "./geometry.ts";
import { TimelineChart } from "./lazy-chart.ts";
import { Marks } from "./Marks.tsx";
import { endNames, type GpuSeries, type Metric, rangeOf, type SeriesPoint, seriesPoints } from "./series.ts";
import { clockAxis } from "./time-axis.ts";

const SAFE_PCT = 95;

interface HistoryChartProps {
  gpus: readonly GpuSeries[];
  metric: Metric;
  /** The window of the chart, epoch milliseconds. */
  fromMs: number;
  toMs: number;
  width: number;
  words: TimelineWords;
  language: string;
  /** Jobs to mark; only where one GPU is shown. */
  runs: readonly Run[];
  hasBands?: boolean;
}

/** The chart with what lies around it: names at the ends of its lines, jobs, the safety line, what it ranges over. */
export function HistoryChart(props: HistoryChartProps) {
  const { gpus, metric, fromMs, toMs, width, words, language, runs, hasBands = false } = props;
  const indexes = gpus.map(({ index }) => index);
  const readout = useReadout(indexes);
  const points = seriesPoints(gpus, metric);
  if (points.every(({ values }) => values.every((value) => value === null)))
    return <p className="muted">{words.noFigures}</p>;
  const frame = frameFor(gpus.length);
  const unit = metric === "temp" ? "°" : "%";
  const plotPx = frame.height - frame.top - frame.bottom;
  const [only] = gpus.length === 1 ? gpus : [];
  const range = only === undefined ? null : rangeOf(points, 0);
  return (
    <Suspense fallback={<p className="muted chart-wait">{words.loading}</p>}>
      <Marks
        runs={only === undefined ? [] : runs}
        gpuIndex={only?.index ?? -1}
        fromMs={fromMs}
        toMs={toMs}
        frame={frame}
        words={words}
      >
        <TimelineChart
          points={points}
          count={gpus.length}
          width={width}
          frame={frame}
          unit={unit}
          axis={clockAxis(fromMs, toMs, width, language)}
          safePct={metric === "vram" ? SAFE_PCT : null}
          hasBands={hasBands && only !== undefined}
          readout={readout}
        />
        {/* They name lines of a drawing that nobody reads out; the table of the readout has all names. */}
        <div
          className="chart-ends"
          aria-hidden="true"
          style={{ top: frame.top, height: plotPx, width: frame.right - 6 }}
        >
          {endNames(points, indexes, plotPx).map(({ share, indexes: told }) => (
            <span
              key={told.join()}
              className={`series-${indexes.indexOf(told[0] ?? 0) % 4}`}
              // Moved without layout, which would count as a shift of the page.
              style={{ transform: `translateY(calc(${(share * plotPx).toFixed(1)}px - 50%))` }}
            >
              {indexes.length <= 4 && told.length === 1 ? `GPU ${told[0]}` : rangesOf(told)}
            </span>
          ))}
        </div>
        {range !== null && (
          <p className="chart-range muted" style={{ bottom: frame.bottom + 4, left: frame.left + 8 }}>
            {fillIn(words.range, {
              min: `${range.min.toFixed(0)}${unit}`,
              mean: `${range.mean.toFixed(0)}${unit}`,
              max: `${range.max.toFixed(0)}${unit}`,
            })}
          </p>
        )}
      </Marks>
    </Suspense>
  );
}

/** What is known of all GPUs at a point; the same function as long as they are the same GPUs. */
function useReadout(indexes: readonly number[]) {
  const shown = indexes.join();
  return useMemo(() => {
    const names = shown.split(",").map((index) => `GPU ${index}`);
    return ({ told }: SeriesPoint) => (
      <table>
        <tbody>
          {told.map(({ vramGib, utilizationPct, temperatureC }, i) => (
            <tr key={names[i]}>
              <th scope="row">{names[i]}</th>
              <td>{gib(vramGib === null ? null : vramGib * 1024)} GiB</td>
              <td>{withUnit(utilizationPct, "%")}</td>
              <td>{withUnit(temperatureC, "°")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    );
  }, [shown]);
}
