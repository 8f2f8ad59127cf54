import { setImmediate } from "node:timers/promises";
import type { Sample } from "../../shared/gpu/sample.ts";
import { HISTORY_WINDOW_MS, type HistoryRow } from "../../shared/history/row.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { ReplayDemand, ReplayState } from "../../shared/protocol/replay.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import type { Archive } from "../history/archive.ts";
import { type History, historyValues } from "../history/history.ts";
import type { Clocks } from "../history/pruning.ts";
import { applyTick } from "../sampling/gpu-list.ts";
import { type Recording, tickAt, tickFrom } from "../sampling/replay/recording.ts";
import type { ReplaySource } from "../sampling/replay/replay-source.ts";

const FLUSH_MS = 10 * 60_000;
/** Reading a long log must not keep the page from being served. */
const TICKS_A_TURN = 500;

/** Remembers a recording as if it had been sampled here. */
export interface ReplayArea {
  clocks(): Clocks;
  /** How far the recording's samples stand apart; `null`: it has not been read. */
  intervalMs(): number | null;
  /** Takes the whole recording into the archive. */
  fill(archive: Archive, recording: Recording, signal: AbortSignal): Promise<void>;
  /** The recording shows another moment: the past of that moment in place of what was recent. */
  jump(shown: Sample, recent: History): void;
}

export function composeReplay(): ReplayArea {
  let known: Recording | null = null;
  let atMs = 0;
  return {
    clocks: () => ({ wallMs: atMs, steadyMs: atMs }),
    intervalMs: () => known?.intervalMs ?? null,
    async fill(archive, recording, signal) {
      known = recording;
      let flushedMs = recording.times[0] ?? 0;
      for (let i = 0; i < recording.times.length && !signal.aborted; i++) {
        atMs = recording.times[i] ?? atMs;
        const gpus = applyTick([], tickAt(recording, i)).map(({ gpu }) => gpu);
        archive.append({ seq: i + 1, tMs: atMs, gpus });
        if (atMs - flushedMs > FLUSH_MS) {
          archive.flush();
          flushedMs = atMs;
        }
        if (i % TICKS_A_TURN === 0) await setImmediate();
      }
    },
    jump({ gpus, tMs, seq }, recent) {
      const uuids = gpus.map(({ uuid }) => uuid);
      recent.restart(known === null ? [] : pastRows(known, uuids, tMs, seq));
    },
  };
}

/** @param replay `null`: no recording is played */
export function controlReplay(replay: ReplaySource | null, demand: ReplayDemand): Reply<ReplayState> {
  replay?.control(demand);
  const state = replay?.replay() ?? null;
  return state === null ? refuse(problem("no-replay")) : succeed(state);
}

/** The 15 minutes before the moment that is shown, for the GPUs of these UUIDs, numbered up to `seq`. */
function pastRows(
  recording: Recording,
  uuids: readonly string[],
  shownMs: number,
  seq: number,
): HistoryRow[] {
  const rows: HistoryRow[] = [];
  const end = tickFrom(recording, shownMs + 1);
  for (let i = tickFrom(recording, shownMs - HISTORY_WINDOW_MS); i < end; i++) {
    const gpus = new Map(applyTick([], tickAt(recording, i)).map(({ gpu }) => [gpu.uuid, gpu]));
    const values = uuids.flatMap((uuid) => historyValues(gpus.get(uuid) ?? null));
    const number = seq - (end - 1 - i);
    rows.push({ fromSeq: number, seq: number, tMs: recording.times[i] ?? shownMs, count: 1, values });
  }
  return rows;
}
