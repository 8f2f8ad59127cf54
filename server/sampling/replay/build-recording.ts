import { type GpuReading, READING_FIELDS } from "../../../shared/gpu/gpu.ts";
import { parseText } from "../parse-cell.ts";
import { rowOfCells } from "../parse-gpu-row.ts";
import type { ColumnKey } from "../query.ts";
import type { Header } from "./header.ts";
import { type ClosedTick, mergeTicks, STRIDE } from "./merge-ticks.ts";
import { type DayOrder, parseTime } from "./parse-time.ts";
import type { RecordedGpu, Recording } from "./recording.ts";
import { nameIn } from "./split-cells.ts";

/** How many figures are kept in memory, 6 for each GPU and tick. Beyond that, every two ticks become one. */
const MOST_FIGURES = 8_000_000;
/** Logs of many machines in one file are no recording of this kind. */
const MOST_GPUS = 64;
const WRONG_LINES_NAMED = 5;
/** Rows of one tick may have been read one after another: the times of nvidia-smi's rows differ by a few ms. */
const SAME_TICK_MS = 150;

export interface RecordingBuilder {
  /** One line of the log, split into cells. */
  push(cells: readonly string[], lineNumber: number): void;
  /** Columns of the lines from now on. */
  setHeader(header: Header): void;
  /** A line that could not even be split. */
  wrong(lineNumber: number): void;
  finish(): Recording;
}

interface OpenTick {
  atMs: number;
  rows: Map<number, GpuReading>;
}

/**
 * Puts the lines of a log together into ticks. A tick ends when a GPU comes that it has already, or when time has gone
 * on. Logs without an index name GPUs by UUID, or by their place within the tick. A clock that was set back while the
 * log was written is made to go on: nothing is lost, and time never runs backwards.
 */
export function createRecordingBuilder(
  firstHeader: Header,
  order: DayOrder,
  mostFigures = MOST_FIGURES,
): RecordingBuilder {
  let header = firstHeader;
  const gpus: (RecordedGpu | undefined)[] = [];
  const byUuid = new Map<string, number>();
  let ticks: ClosedTick[] = [];
  let open: OpenTick | null = null;
  let gpuCount = 0;
  let everyNth = 1;
  let seen = 0;
  let shiftMs = 0;
  let wrongLines = 0;
  const firstWrong: number[] = [];

  function wrong(lineNumber: number) {
    wrongLines += 1;
    if (firstWrong.length < WRONG_LINES_NAMED) firstWrong.push(lineNumber);
  }

  function close() {
    if (open === null) return;
    const tick: ClosedTick = {
      atMs: open.atMs,
      cells: [...open.rows].flatMap(([index, reading]) => [
        index,
        ...READING_FIELDS.map((name) => reading[name] ?? Number.NaN),
      ]),
    };
    open = null;
    const last = ticks.at(-1);
    if (seen++ % everyNth === 0 || last === undefined) ticks.push(tick);
    else ticks[ticks.length - 1] = mergeTicks(last, tick);
    // Every tick has room for every GPU.
    while (ticks.length > 1 && ticks.length * gpuCount * STRIDE > mostFigures) {
      ticks = ticks.flatMap((one, i) => {
        const next = ticks[i + 1];
        return i % 2 === 1 ? [] : next === undefined ? [one] : [mergeTicks(one, next)];
      });
      everyNth *= 2;
    }
  }

  /** Which GPU a line is of, where it does not say so: by UUID, else by its place in the tick. */
  function placeOf(uuid: string | null, atMs: number): number {
    if (uuid === null) return open !== null && atMs - open.atMs < SAME_TICK_MS ? open.rows.size : 0;
    const known = byUuid.get(uuid) ?? byUuid.size;
    byUuid.set(uuid, known);
    return known;
  }

  return {
    wrong,
    setHeader(next) {
      header = next;
    },
    push(cells, lineNumber) {
      const byKey = cellsByColumn(header, cells);
      const told = parseTime(byKey.get("timestamp") ?? "", order);
      // A row that breaks off is wrong: a missing cell must not pass for one without a figure.
      if (told === null || cells.length < header.length) return wrong(lineNumber);
      const before = open?.atMs ?? ticks.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
      // The clock tells a later time than was reached: the hour that came twice in autumn is over.
      if (told >= before) shiftMs = 0;
      if (told + shiftMs < before - SAME_TICK_MS) shiftMs = before + 1000 - told;
      const atMs = Math.max(told + shiftMs, open?.atMs ?? told + shiftMs);
      const index = header.includes("index")
        ? toIndex(byKey.get("index"))
        : placeOf(parseText(byKey.get("uuid")), atMs);
      if (index === null || (gpus[index] === undefined && gpuCount >= MOST_GPUS)) return wrong(lineNumber);
      byKey.set("name", nameIn(byKey.get("name") ?? ""));
      const row = rowOfCells(index, byKey);
      if (open !== null && (open.rows.has(index) || atMs - open.atMs >= SAME_TICK_MS)) close();
      open ??= { atMs: Math.max(atMs, (ticks.at(-1)?.atMs ?? atMs - 1) + 1), rows: new Map() };
      open.rows.set(index, row.reading);
      const { uuid, name, driverVersion, memoryTotalMiB } = row;
      if (gpus[index] === undefined) gpuCount += 1;
      const total = memoryTotalMiB ?? gpus[index]?.memoryTotalMiB ?? null;
      gpus[index] = { index, uuid, name, driverVersion, memoryTotalMiB: total };
    },
    finish() {
      close();
      const known = gpus.filter((gpu) => gpu !== undefined);
      const { times, values } = figuresOf(known, ticks);
      return { gpus: known, times, values, intervalMs: medianStep(times), wrongLines, firstWrong, everyNth };
    },
  };
}

/** Ticks as figures in two flat lists: `NaN` where a GPU told nothing. */
function figuresOf(gpus: readonly RecordedGpu[], ticks: readonly ClosedTick[]) {
  const values = new Float32Array(ticks.length * gpus.length * READING_FIELDS.length).fill(Number.NaN);
  const times = new Float64Array(ticks.length);
  const places = new Map(gpus.map(({ index }, place) => [index, place]));
  ticks.forEach(({ atMs, cells }, t) => {
    times[t] = atMs;
    for (let i = 0; i < cells.length; i += STRIDE) {
      const place = places.get(cells[i] ?? -1);
      if (place === undefined) continue;
      values.set(cells.slice(i + 1, i + STRIDE), (t * gpus.length + place) * READING_FIELDS.length);
    }
  });
  return { times, values };
}

/** nvidia-smi does not quote: surplus commas belong to the name. */
function cellsByColumn(header: Header, cells: readonly string[]): Map<ColumnKey, string> {
  const name = header.indexOf("name");
  const extra = name < 0 ? 0 : Math.max(0, cells.length - header.length);
  const byKey = new Map<ColumnKey, string>();
  header.forEach((key, i) => {
    const from = i > name ? i + extra : i;
    const cell = i === name ? cells.slice(i, i + 1 + extra).join(", ") : cells[from];
    if (key !== null && cell !== undefined && !byKey.has(key)) byKey.set(key, cell);
  });
  return byKey;
}

function toIndex(cell: string | undefined): number | null {
  const index = Number(parseText(cell) ?? Number.NaN);
  return Number.isInteger(index) && index >= 0 && index < 1024 ? index : null;
}

function medianStep(times: Float64Array): number {
  const steps = times.subarray(1).map((at, i) => at - (times[i] ?? at));
  return steps.sort()[steps.length >> 1] || 1000;
}
