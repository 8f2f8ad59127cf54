import { memo } from "react";
import { HISTORY_STRIDE, type HistoryRow, isGap } from "../../../shared/history/row.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";

export const WINDOW_MS = 120_000;
const WIDTH = 120;
const HEIGHT = 24;
/** Longest regular distance between samples: the rate while nobody watches. */
const LONGEST_INTERVAL_MS = 5000;
/** It is drawn anew when this much has passed: a step of it is a pixel. */
const STEP_MS = 2000;
const UTILIZATION = 1;

const selectStep = ({ known }: PanelState) => Math.floor((known?.tMs ?? 0) / STEP_MS);

/** The last two minutes of utilization, from 0 to 100 in every row. Decoration: the figure itself stands beside it. */
export const Sparkline = memo(function Sparkline({ position }: { position: number }) {
  const { store } = usePanelParts();
  usePanel(selectStep);
  const { known } = store.get();
  const { line, area } =
    known === null
      ? { line: "", area: "" }
      : sparkPaths(known.rows, position * HISTORY_STRIDE + UTILIZATION, 100, known.tMs);
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path className="base" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      <path className="area" d={area} />
      <path d={line} />
    </svg>
  );
});

/** SVG paths through the last minutes and down to the ground; both end where nothing is known. Pure. */
export function sparkPaths(
  rows: readonly HistoryRow[],
  column: number,
  most: number,
  now: number,
): { line: string; area: string } {
  let line = "";
  let area = "";
  let from: string | null = null;
  let at = "";
  let previous: HistoryRow | undefined;
  const lift = () => {
    if (from !== null) area += `L${at} ${HEIGHT}L${from} ${HEIGHT}Z`;
    from = null;
  };
  const start = rows.findIndex(({ tMs }) => tMs >= now - WINDOW_MS);
  for (const row of start < 0 ? [] : rows.slice(start)) {
    const value = row.values[column] ?? null;
    if (value === null || (previous !== undefined && isGap(previous, row, LONGEST_INTERVAL_MS))) lift();
    previous = row;
    if (value === null) continue;
    at = (WIDTH * (1 - (now - row.tMs) / WINDOW_MS)).toFixed(1);
    const y = (HEIGHT - 1 - Math.min(1, Math.max(0, value / most)) * (HEIGHT - 2)).toFixed(1);
    const step = `${from === null ? "M" : "L"}${at} ${y}`;
    line += step;
    area += step;
    from ??= at;
  }
  lift();
  return { line, area };
}
