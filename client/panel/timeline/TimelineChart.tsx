import { type ReactNode, useMemo } from "react";
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  type LineDrawShapeProps,
  ReferenceLine,
  Tooltip,
  type TooltipContentProps,
  XAxis,
  YAxis,
} from "recharts";
import { GpuLines } from "./GpuLines.tsx";
import type { ChartFrame } from "./geometry.ts";
import type { SeriesPoint } from "./series.ts";
import { isSeriesPoint } from "./series-point.ts";
import type { TimeAxis } from "./time-axis.ts";

interface TimelineChartProps {
  points: SeriesPoint[];
  /** How many GPUs there are. */
  count: number;
  width: number;
  frame: ChartFrame;
  unit: string;
  axis: TimeAxis;
  /** From here on nothing is given to jobs; `null`: no such line. */
  safePct: number | null;
  /** The points are means, each within a band. */
  hasBands?: boolean;
  /** What is known at a point, all figures of all GPUs. */
  readout(point: SeriesPoint): ReactNode;
}

/* What is the same object at each redraw, Recharts does not work through again. */
const PERCENTS: [number, number] = [0, 100];
const PERCENT_TICKS = [0, 50, 100];
const ofOnlyGpu = ({ values }: SeriesPoint) => values[0];
/** Where any GPU has a figure, there is something to read out. */
const ofAnyGpu = ({ values }: SeriesPoint) => values.find((value) => value !== null);

/** One figure of all GPUs, each a line, with one crosshair. The only place that loads Recharts. */
export default function TimelineChart(props: TimelineChartProps) {
  const { points, count, width, frame, unit, axis, safePct, hasBands = false, readout } = props;
  const { moment } = axis;
  const margin = useMemo(() => ({ top: frame.top, right: frame.right, bottom: 0, left: 0 }), [frame]);
  // Of the parts below only the axis of time and the data change when time goes on.
  const ground = useMemo(
    () => (
      <>
        <CartesianGrid vertical={false} />
        <YAxis
          domain={PERCENTS}
          ticks={PERCENT_TICKS}
          unit={unit}
          width={frame.left}
          tickLine={false}
          axisLine={false}
          allowDataOverflow
        />
      </>
    ),
    [unit, frame],
  );
  const figures = useMemo(
    () => (
      <>
        <Tooltip isAnimationActive={false} content={tipOf(moment, readout)} />
        {safePct !== null && <ReferenceLine className="chart-safe" y={safePct} />}
        {hasBands && (
          <Area
            dataKey="band"
            className="chart-band"
            type="linear"
            tooltipType="none"
            dot={false}
            activeDot={false}
            isAnimationActive={false}
          />
        )}
        {count === 1 ? (
          <Area
            dataKey={ofOnlyGpu}
            className={hasBands ? "chart-vram chart-mean" : "chart-vram"}
            type="linear"
            dot={false}
            activeDot={false}
            isAnimationActive={false}
          />
        ) : (
          <Line
            dataKey={ofAnyGpu}
            type="linear"
            shape={({ points, clipPath }: LineDrawShapeProps) => (
              <GpuLines points={points} clipPath={clipPath} count={count} frame={frame} />
            )}
            dot={false}
            activeDot={false}
            isAnimationActive={false}
          />
        )}
      </>
    ),
    [moment, readout, safePct, hasBands, count, frame],
  );
  return (
    <ComposedChart
      width={width}
      height={frame.height}
      data={points}
      margin={margin}
      accessibilityLayer={false}
    >
      {ground}
      <XAxis
        dataKey="tMs"
        type="number"
        domain={[axis.from, axis.to]}
        ticks={axis.ticks}
        tickFormatter={axis.tick}
        height={frame.bottom}
        tickLine={false}
        axisLine={false}
        interval="preserveStartEnd"
        allowDataOverflow
      />
      {figures}
    </ComposedChart>
  );
}

/** What stands beside the crosshair: the moment, and all that is known of it. */
const tipOf = (moment: TimeAxis["moment"], readout: TimelineChartProps["readout"]) =>
  function Tip({ payload, label }: TooltipContentProps) {
    const point: unknown = payload[0]?.payload;
    if (!isSeriesPoint(point)) return null;
    return (
      <div className="chart-tip">
        <b>{typeof label === "number" ? moment(label) : null}</b>
        {readout(point)}
      </div>
    );
  };
