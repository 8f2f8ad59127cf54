import type { Gpu } from "../../shared/gpu/gpu.ts";
import { HISTORY_FIELDS } from "../../shared/history/row.ts";
import {
  type GpuHistory,
  type HistoryAnswer,
  type HistoryQuery,
  windowOf,
} from "../../shared/history/series.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { wallMs as systemWallMs } from "../lib/clock.ts";
import type { Archive } from "./archive.ts";
import { CELL, type Cells, STRIDE } from "./cells.ts";
import { type Grid, gridOf, seriesOf, totalOf } from "./downsample.ts";

export interface AnswerSurroundings {
  archive: Archive;
  /** The GPUs of now. */
  gpus(): readonly Gpu[];
  /** What keeps history from the disk. */
  problem(): Problem | null;
  wallMs?: () => number;
  /** Up to when history is kept, where that is not now: a recording's end, while an earlier moment is shown. */
  keptUpToMs?: () => number;
}

const INDEX = /^\d{1,3}$/;
const SECONDS_PER_HOUR = 3600;

/** Answers what was asked of history. GPUs that are gone are found by UUID. */
export function createHistoryAnswers({
  archive,
  gpus,
  problem: storeProblem,
  wallMs = systemWallMs,
  keptUpToMs = wallMs,
}: AnswerSurroundings) {
  return (query: HistoryQuery): Reply<HistoryAnswer> => {
    const nowMs = wallMs();
    const window = windowOf(query, nowMs);
    if (window === null)
      return refuse(problem("bad-request", { detail: "from: the window must begin before it ends" }));
    const known = gpus();
    const wanted = query.gpu ?? known.map(({ uuid }) => uuid);
    const uuids: string[] = [];
    for (const name of wanted) {
      const found = known.find(({ uuid, index }) => uuid === name || String(index) === name);
      if (found === undefined && INDEX.test(name))
        return refuse(problem("bad-request", { detail: `gpu: there is no GPU ${name}` }));
      uuids.push(found?.uuid ?? name);
    }
    const grid = gridOf(window, keptUpToMs());
    const { fromMs, pointMs, count } = grid;
    return succeed({
      fromMs,
      toMs: fromMs + count * pointMs,
      pointMs,
      gpus: [...new Set(uuids)].map((uuid) =>
        historyOf(
          uuid,
          known.find((gpu) => gpu.uuid === uuid),
          archive.points(uuid, grid),
          grid,
        ),
      ),
      problem: storeProblem(),
    });
  };
}

function historyOf(uuid: string, gpu: Gpu | undefined, points: Cells, { count }: Grid): GpuHistory {
  const field = (name: (typeof HISTORY_FIELDS)[number]["name"]) =>
    HISTORY_FIELDS.findIndex((one) => one.name === name);
  const power = totalOf(points, count, field("powerDrawW"));
  return {
    uuid,
    index: gpu?.index ?? null,
    name: gpu?.name ?? null,
    knownSeconds: knownSeconds(points, count),
    energyWh: power.seconds === 0 ? null : Math.round((power.sum / SECONDS_PER_HOUR) * 100) / 100,
    memoryUsedMiB: seriesOf(points, count, field("memoryUsedMiB")),
    utilizationGpuPct: seriesOf(points, count, field("utilizationGpuPct")),
    temperatureC: seriesOf(points, count, field("temperatureC")),
    powerDrawW: seriesOf(points, count, field("powerDrawW")),
  };
}

function knownSeconds(points: Cells, count: number): number {
  let seconds = 0;
  for (let point = 0; point < count; point++) {
    seconds += Math.max(...HISTORY_FIELDS.map((_, field) => points[point * STRIDE + field * CELL] ?? 0));
  }
  return seconds;
}
