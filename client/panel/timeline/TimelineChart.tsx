import { Area, CartesianGrid, ComposedChart, Line, Tooltip, XAxis, YAxis } from "recharts";
import { DASH } from "../../i18n/format.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import type { ChartPoint } from "./buckets.ts";
// Types alone: this file loads nothing but the chart library.
import type { ChartFrame } from "./geometry.ts";
import type { TimeAxis } from "./time-axis.ts";

interface TimelineChartProps {
  points: ChartPoint[];
  width: number;
  frame: ChartFrame;
  /** End of the VRAM axis. */
  topGib: number;
  axis: TimeAxis;
  /** The points are means, each within a band. */
  hasBands?: boolean;
}

/** VRAM as an area, utilization as a line. The only place that loads Recharts. */
export default function TimelineChart({
  points,
  width,
  frame,
  topGib: top,
  axis,
  hasBands = false,
}: TimelineChartProps) {
  const m = useMessages();
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
        labelFormatter={(label) => (typeof label === "number" ? axis.moment(label) : DASH)}
        formatter={(value, name, { payload }) => {
          const isVram = name === m.vram;
          const text = (figure: number) => figure.toFixed(isVram ? 1 : 0);
          const unit = isVram ? "GiB" : "%";
          if (typeof value !== "number") return [DASH, name];
          const band = bandOf(payload, isVram);
          return [`${text(value)} ${unit}${band === null ? "" : ` (${band.map(text).join("–")})`}`, name];
        }}
      />
      {hasBands && (
        <Area
          yAxisId="vram"
          dataKey="vramBand"
          className="chart-band"
          type="linear"
          tooltipType="none"
          dot={false}
          activeDot={false}
          isAnimationActive={false}
        />
      )}
      <Area
        yAxisId="vram"
        name={m.vram}
        dataKey="vramGib"
        className={hasBands ? "chart-vram chart-mean" : "chart-vram"}
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

/** Between which figures the point under the pointer moved. */
function bandOf(point: unknown, isVram: boolean): [number, number] | null {
  const { vramBand = null, utilizationBand = null }: Partial<ChartPoint> = isPoint(point) ? point : {};
  return isVram ? vramBand : utilizationBand;
}

function isPoint(point: unknown): point is ChartPoint {
  return typeof point === "object" && point !== null && "tMs" in point;
}
