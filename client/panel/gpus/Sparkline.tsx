import { HISTORY_STRIDE, type HistoryRow, isGap } from "../../../shared/history/row.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { usePanel } from "../../store/use-panel.ts";

const NO_ROWS: readonly HistoryRow[] = [];
const selectRows = ({ known }: PanelState) => known?.rows ?? NO_ROWS;
const selectNow = ({ known }: PanelState) => known?.tMs ?? 0;

const WINDOW_MS = 60_000;
const WIDTH = 120;
const HEIGHT = 28;
/** Longest regular distance between samples: the rate while nobody watches. */
const LONGEST_INTERVAL_MS = 5000;

interface SparklineProps {
  /** Position of the GPU in the list. */
  position: number;
  /** Column of the history row, see HISTORY_FIELDS. */
  field: number;
  /** What fills the height; `null`: the figure cannot be drawn. */
  most: number | null;
  className: string;
}

/** The last minute of one figure, without a chart library. Decoration: the figure itself stands beside it. */
export function Sparkline({ position, field, most, className }: SparklineProps) {
  const rows = usePanel(selectRows);
  const now = usePanel(selectNow);
  const path = most === null ? "" : sparkPath(rows, position * HISTORY_STRIDE + field, most, now);
  return (
    <svg
      className={`spark ${className}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path d={path} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

/** SVG path through the last minute; the pen is lifted where nothing is known. Pure. */
export function sparkPath(rows: readonly HistoryRow[], column: number, most: number, now: number): string {
  let path = "";
  let penDown = false;
  let previous: HistoryRow | undefined;
  const start = rows.findIndex(({ tMs }) => tMs >= now - WINDOW_MS);
  for (const row of start < 0 ? [] : rows.slice(start)) {
    const value = row.values[column] ?? null;
    if (value === null || (previous !== undefined && isGap(previous, row, LONGEST_INTERVAL_MS)))
      penDown = false;
    previous = row;
    if (value === null) continue;
    const x = WIDTH * (1 - (now - row.tMs) / WINDOW_MS);
    const y = HEIGHT - 1 - Math.min(1, Math.max(0, value / most)) * (HEIGHT - 2);
    path += `${penDown ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    penDown = true;
  }
  return path;
}
