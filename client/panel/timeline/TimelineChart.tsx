import type { ReactNode } from "react";
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  type LineDrawShapeProps,
  ReferenceLine,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
// Types alone: this file loads nothing but the chart library.
import type { ChartFrame } from "./geometry.ts";
import type { SeriesPoint } from "./series.ts";
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

/** How many colours there are; then dashes begin. */
const COLOURS = 4;

/** One figure of all GPUs, each a line, with one crosshair. The only place that loads Recharts. */
export default function TimelineChart(props: TimelineChartProps) {
  const { points, count, width, frame, unit, axis, safePct, hasBands = false, readout } = props;
  return (
    <ComposedChart
      width={width}
      height={frame.height}
      data={points}
      margin={{ top: frame.top, right: frame.right, bottom: 0, left: 0 }}
      accessibilityLayer={false}
    >
      <CartesianGrid vertical={false} />
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
      <YAxis
        domain={[0, 100]}
        ticks={[0, 50, 100]}
        unit={unit}
        width={frame.left}
        tickLine={false}
        axisLine={false}
        allowDataOverflow
      />
      <Tooltip
        isAnimationActive={false}
        content={({ payload, label }) => {
          const point: unknown = payload[0]?.payload;
          return isPoint(point) ? (
            <div className="chart-tip">
              <b>{typeof label === "number" ? axis.moment(label) : null}</b>
              {readout(point)}
            </div>
          ) : null;
        }}
      />
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
          dataKey={(point: SeriesPoint) => point.values[0]}
          className={hasBands ? "chart-vram chart-mean" : "chart-vram"}
          type="linear"
          dot={false}
          activeDot={false}
          isAnimationActive={false}
        />
      ) : (
        Array.from({ length: count }, (_, i) => (
          <Line
            // biome-ignore lint/suspicious/noArrayIndexKey: a GPU's place is what it is
            key={i}
            dataKey={(point: SeriesPoint) => point.values[i]}
            className={`chart-line series-${i % COLOURS}${Math.floor(i / COLOURS) % 2 === 1 ? " dashed" : ""}`}
            type="linear"
            shape={PlainLine}
            dot={false}
            activeDot={false}
            isAnimationActive={false}
          />
        ))
      )}
    </ComposedChart>
  );
}

/** In place of Recharts' own, which measures each line whenever it is drawn, for an animation that there is none of. */
function PlainLine({ points = [], clipPath }: LineDrawShapeProps) {
  let isDown = false;
  let d = "";
  for (const { x, y } of points) {
    if (x === null || y === null) {
      isDown = false;
      continue;
    }
    d += `${isDown ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    isDown = true;
  }
  return <path className="recharts-line-curve" fill="none" d={d} clipPath={clipPath} />;
}

function isPoint(point: unknown): point is SeriesPoint {
  return typeof point === "object" && point !== null && "told" in point;
}
