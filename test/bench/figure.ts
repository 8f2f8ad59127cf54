/** One measured figure; less is better for all of them. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** It should be at most this. */
  aim?: number;
  /** The same of something simpler, measured in the same run. */
  baseline?: number;
}

export interface SectionResult {
  figures: Figure[];
  /** Lines to read below the table. */
  notes: string[];
}

/** @param asked how long it is measured, where that is not the section's own affair */
export type Section = (asked?: { minutes?: number | undefined }) => Promise<SectionResult>;

const HEAD = ["name", "figure", "aim", "baseline", "ratio", ""];
const TEXT_COLUMNS = [0, 5];

/** A plain text table: `name | figure | aim | baseline | ratio`, and whether the aim is missed. */
export function formatTable(figures: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, i) => pad(cell, i, widths[i] ?? 0)).join(" | "));
  const rule = widths.map((width) => "-".repeat(width)).join("-+-");
  return [lines[0], rule, ...lines.slice(1)].map((line) => line?.trimEnd()).join("\n");
}

function cellsOf({ name, value, unit, aim, baseline }: Figure): string[] {
  const ratio = baseline === undefined || baseline === 0 ? "" : `${brief(value / baseline)} x`;
  return [
    name,
    `${brief(value)} ${unit}`,
    aim === undefined ? "" : `<= ${brief(aim)}`,
    baseline === undefined ? "" : brief(baseline),
    ratio,
    aim === undefined ? "" : value > aim ? "AIM MISSED" : "ok",
  ];
}

function pad(cell: string, column: number, width: number): string {
  return TEXT_COLUMNS.includes(column) ? cell.padEnd(width) : cell.padStart(width);
}

/** About three significant digits. */
export function brief(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
