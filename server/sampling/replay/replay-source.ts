import { problem } from "../../../shared/problems/make-problem.ts";
import type { ReplayDemand, ReplayState } from "../../../shared/protocol/replay.ts";
import { steadyMs } from "../../lib/clock.ts";
import { createEmitter } from "../../lib/emitter.ts";
import type { SampleSource, SourceEvent } from "../source.ts";
import { advance, type Playback } from "./player.ts";
import { readRecording } from "./read-recording.ts";
import { type Recording, tickAt, tickFrom } from "./recording.ts";

/** A log as a source. Its clock is the recorded one: milliseconds since the epoch, standing still while paused. */
export interface ReplaySource extends SampleSource {
  nowMs(): number;
  /** What is played and how; `null` until the file has been read. */
  replay(): ReplayState | null;
  /** Plays, pauses, goes to a moment or changes the speed; what is left out stays as it is. */
  control(demand: ReplayDemand): void;
  /** Told once when the file has been read, before the first tick: the whole of it, in order. Awaited. */
  beforePlay(take: (recording: Recording, signal: AbortSignal) => Promise<void>): void;
}

export interface ReplayOptions {
  path: string;
  /** Name of the file as viewers see it, without its folders. */
  name: string;
  speed: number;
}

/** Short enough to look smooth; at 60× a step is 3 s of the recording. */
const STEP_MS = 50;

/** Plays a log as if it happened now. */
export function createReplaySource({ path, name, speed }: ReplayOptions): ReplaySource {
  const events = createEmitter<SourceEvent>();
  const closing = new AbortController();
  let recording: Recording | null = null;
  let take: Parameters<ReplaySource["beforePlay"]>[0] = async () => {};
  let playback: Playback = { atMs: 0, speed, paused: false };
  let clockMs = 0;
  /** The next tick to be told. */
  let next = 0;
  let steppedAtMs = 0;
  let timer: NodeJS.Timeout | undefined;

  async function load() {
    const read = await readRecording(path, closing.signal);
    if (closing.signal.aborted) return;
    if (!read.ok) {
      events.emit({ type: "problem", status: "failed", problem: problem(codeOf(read.code), read.params) });
      return;
    }
    await take(read.data, closing.signal);
    if (closing.signal.aborted) return;
    recording = read.data;
    playback = { ...playback, atMs: recording.times[0] ?? 0 };
    emitUpTo(recording, playback.atMs);
    run();
  }

  function run() {
    clearInterval(timer);
    steppedAtMs = steadyMs();
    if (!playback.paused) timer = setInterval(step, STEP_MS);
  }

  function step() {
    if (recording === null) return;
    const now = steadyMs();
    playback = advance(playback, recording, now - steppedAtMs);
    steppedAtMs = now;
    emitUpTo(recording, playback.atMs);
    if (!playback.paused) return;
    clearInterval(timer);
    events.emit({ type: "replay" });
  }

  function emitUpTo(played: Recording, atMs: number) {
    for (; next < played.times.length && (played.times[next] ?? 0) <= atMs; next++) emit(played, next);
    clockMs = Math.max(clockMs, atMs);
  }

  function emit(played: Recording, i: number) {
    clockMs = played.times[i] ?? clockMs;
    events.emit({ type: "tick", tick: tickAt(played, i), warning: null });
  }

  /** Shows another moment. It may lie before what viewers saw, so the past is told anew. */
  function jump(played: Recording, atMs: number) {
    const { wantedMs, place } = momentIn(played, atMs);
    playback = { ...playback, atMs: wantedMs };
    clockMs = wantedMs;
    next = place + 1;
    events.emit({ type: "jump", tick: tickAt(played, place), tMs: played.times[place] ?? wantedMs });
  }

  return {
    kind: "replay",
    subscribe: events.subscribe,
    start: () => void load(),
    beforePlay(told) {
      take = told;
    },
    // A recording has its own rate.
    setIntervalMs() {},
    queryProcesses: async () => ({ processes: null, cpuMs: 0 }),
    nowMs: () => clockMs,
    ownIntervalMs: () => recording?.intervalMs ?? null,
    replay: () => (recording === null ? null : stateOf(name, recording, playback)),
    control({ paused, speed: wanted, atMs }) {
      if (recording === null || closing.signal.aborted) return;
      playback = { ...playback, speed: wanted ?? playback.speed };
      if (atMs !== undefined) jump(recording, atMs);
      const atEnd = playback.atMs >= (recording.times.at(-1) ?? 0);
      // Played to the end and asked to play on: from the beginning.
      if (paused === false && atEnd && atMs === undefined) jump(recording, recording.times[0] ?? 0);
      playback = { ...playback, paused: paused ?? playback.paused };
      run();
      events.emit({ type: "replay" });
    },
    async close() {
      clearInterval(timer);
      closing.abort();
    },
  };
}

function stateOf(
  file: string,
  { times, wrongLines, firstWrong, everyNth }: Recording,
  { speed, paused }: Playback,
): ReplayState {
  return {
    ...{ file, startMs: times[0] ?? 0, endMs: times.at(-1) ?? 0, speed, paused },
    ...{ wrongLines, firstWrong: [...firstWrong], everyNth },
  };
}

/** The moment nearest to the wanted one that the recording has, and the tick that is shown there. */
function momentIn({ times }: Recording, atMs: number) {
  const first = times[0] ?? 0;
  const wantedMs = Math.min(Math.max(atMs, first), times.at(-1) ?? first);
  return { wantedMs, place: Math.max(0, tickFrom({ times }, wantedMs + 1) - 1) };
}

function codeOf(code: string) {
  return code === "replay-no-header" || code === "replay-empty" ? code : "replay-unreadable";
}
