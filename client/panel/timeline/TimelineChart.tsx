import { Area, CartesianGrid, ComposedChart, Line, Tooltip, XAxis, YAxis } from "recharts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { DASH } from "../../i18n/format.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import type { ChartPoint } from "./buckets.ts";
// The type alone: this file loads nothing but the chart library.
import type { ChartFrame } from "./geometry.ts";

interface TimelineChartProps {
  points: ChartPoint[];
  width: number;
  frame: ChartFrame;
  /** End of the VRAM axis. */
  topGib: number;
  /** Right edge of the chart, ms since the sidecar's epoch. */
  nowMs: number;
  windowMs: number;
}

const NARROW_PX = 480;

/** VRAM as an area, utilization as a line. The only place that loads Recharts. */
export default function TimelineChart({
  points,
  width,
  frame,
  topGib: top,
  nowMs,
  windowMs,
}: TimelineChartProps) {
  const m = useMessages();
  const start = nowMs - windowMs;
  const minutes = windowMs / 60_000;
  const step = minutes / (width < NARROW_PX ? 2 : 5);
  const ticks = Array.from({ length: Math.round(minutes / step) + 1 }, (_, i) => start + i * step * 60_000);
  const ago = (tMs: number) => {
    const back = Math.round((nowMs - tMs) / 6000) / 10;
    return back <= 0
      ? m.timeline.now
      : fillIn(m.timeline.ago, { n: Number.isInteger(back) ? back : back.toFixed(1) });
  };
  return (
    <ComposedChart
      width={width}
      height={frame.height}
      data={points}
      margin={{ top: frame.top, right: 0, bottom: 0, left: 0 }}
      accessibilityLayer={false}
    >
      <CartesianGrid vertical={false} yAxisId="vram" />
      <XAxis
        dataKey="tMs"
        type="number"
        domain={[start, nowMs]}
        ticks={ticks}
        tickFormatter={ago}
        height={frame.bottom}
        tickLine={false}
        axisLine={false}
        interval="preserveStartEnd"
        allowDataOverflow
      />
      <YAxis
        yAxisId="vram"
        domain={[0, top]}
        ticks={[0, top / 4, top / 2, (top * 3) / 4, top]}
        unit=" GiB"
        width={frame.left}
        tickLine={false}
        axisLine={false}
      />
      <YAxis
        yAxisId="util"
        orientation="right"
        domain={[0, 100]}
        ticks={[0, 25, 50, 75, 100]}
        unit=" %"
        width={frame.right}
        tickLine={false}
        axisLine={false}
      />
      <Tooltip
        isAnimationActive={false}
        wrapperClassName="chart-tooltip"
        labelFormatter={(label) => (typeof label === "number" ? ago(label) : DASH)}
        formatter={(value, name) => {
          const isVram = name === m.vram;
          return [
            typeof value === "number" ? `${value.toFixed(isVram ? 1 : 0)} ${isVram ? "GiB" : "%"}` : DASH,
            name,
          ];
        }}
      />
      <Area
        yAxisId="vram"
        name={m.vram}
        dataKey="vramGib"
        className="chart-vram"
        type="linear"
        dot={false}
        activeDot={false}
        isAnimationActive={false}
      />
      <Line
        yAxisId="util"
        name={m.utilization}
        dataKey="utilizationPct"
        className="chart-util"
        type="linear"
        dot={false}
        activeDot={false}
        isAnimationActive={false}
      />
    </ComposedChart>
  );
}
