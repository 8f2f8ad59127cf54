import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import type { PatienceTimings } from "../timings.ts";
import { createTickAssembler, type Tick } from "./assemble-tick.ts";
import { concernsOneGpu, diagnoseSentence, type Ending, firstLine } from "./diagnose.ts";
import type { GpuRow } from "./gpu-row.ts";
import { type LoopChild, startLoop } from "./nvidia-smi.ts";
import { type ParsedLine, parseGpuRow } from "./parse-gpu-row.ts";
import { type Column, gpuLoopArguments } from "./query.ts";
import { GAPS_KEPT, type Pace, pauseAfterRowsMs, silenceLimitMs, slowSeconds } from "./supervise.ts";

/** One run of the query loop: child, parser and watchdog. */
export interface QueryLoop {
  /** Ticks given out so far. */
  ticks(): number;
  /** How long it has run, ms. */
  ageMs(): number;
  kill(): Promise<void>;
}

export interface QueryLoopListeners {
  onTick(tick: Tick, warning: Problem | null): void;
  /** The loop lives, but prints an error in place of rows. */
  onComplaint(problem: Problem): void;
  /** The loop has ended by itself. */
  onEnd(ending: Ending): void;
  /** Nothing has come for too long; the loop still lives. */
  onSilence(seconds: number): void;
  /** The first sample takes long. */
  onWait(problem: Problem): void;
}

/** What one run of the loop is made of. */
export interface QueryLoopOptions {
  command: readonly string[];
  columns: readonly Column[];
  intervalMs: number;
  env: NodeJS.ProcessEnv;
  patience: PatienceTimings;
  silentLoops: Pace["silentLoops"];
  firstMs: Pace["firstMs"];
  /** A clock that does not go back. */
  nowMs(): number;
  /** A row that has just come, with when it was measured by that clock. */
  dated(parsed: Extract<ParsedLine, { kind: "row" }>): GpuRow;
}

const SENTENCES_KEPT = 10;

/** What to say while the first sample has not come. @param words what the loop has said on standard error */
function waitProblem(words: string, waitedMs: number): Problem {
  const detail = firstLine(words);
  const seconds = Math.round(waitedMs / 1000);
  return detail === "" ? problem("slow-first-answer", { seconds }) : problem("unreadable-output", { detail });
}

/** The problem that a sentence tells. Not a refused field: that ends the loop, and the source asks again without it. */
function complaintIn(sentence: string): Problem | null {
  const found = diagnoseSentence(sentence);
  return found?.code === "query-refused" ? null : found;
}

function slowProblem(pace: Pick<Pace, "intervalMs" | "gapsMs">): Problem | null {
  const seconds = slowSeconds(pace);
  return seconds === null ? null : problem("slow-answers", { seconds });
}

export function startQueryLoop(options: QueryLoopOptions, listeners: QueryLoopListeners): QueryLoop {
  const { command, columns, intervalMs, env, patience, silentLoops, firstMs, nowMs, dated } = options;
  const assembler = createTickAssembler();
  let ticks = 0;
  let over = false;
  /** Lines that were no rows since the last tick. */
  let sentences: string[] = [];
  let warning: Problem | null = null;
  let pauseTimer: NodeJS.Timeout | undefined;
  let silenceTimer: NodeJS.Timeout | undefined;
  const startedAtMs = nowMs();
  let spokeAtMs = startedAtMs;
  let gapsMs: number[] = [];
  /** What it has said on standard error. */
  let words = "";
  const waitTimer = setTimeout(
    () => listeners.onWait(waitProblem(words, patience.noticeMs)),
    patience.noticeMs,
  );

  function watchForSilence() {
    clearTimeout(silenceTimer);
    const limitMs = silenceLimitMs({ intervalMs, gapsMs, silentLoops, firstMs }, patience);
    silenceTimer = setTimeout(() => {
      if (!over) listeners.onSilence(Math.round(limitMs / 1000));
    }, limitMs);
  }

  function give(tick: Tick) {
    ticks++;
    sentences = [];
    clearTimeout(waitTimer);
    // The time until the first tick counts only until there is a second one.
    gapsMs = [...(ticks === 2 ? [] : gapsMs.slice(1 - GAPS_KEPT)), nowMs() - spokeAtMs];
    spokeAtMs = nowMs();
    watchForSilence();
    listeners.onTick(tick, warning ?? slowProblem({ intervalMs, gapsMs }));
    warning = null;
  }

  function pauseOver() {
    const tick = assembler.flush();
    if (tick !== null) return give(tick);
    // Sentences without a row: no other GPU is healthy, so the problem concerns all of them.
    if (warning !== null) listeners.onComplaint(warning);
    warning = null;
  }

  function onLine(line: string) {
    if (over) return;
    const parsed = parseGpuRow(line, columns);
    if (parsed.kind === "nothing") return;
    clearTimeout(pauseTimer);
    pauseTimer = setTimeout(pauseOver, pauseAfterRowsMs(intervalMs));
    if (parsed.kind === "row") for (const tick of assembler.push(dated(parsed))) give(tick);
    if (parsed.kind !== "sentence") return;
    sentences = [...sentences.slice(-SENTENCES_KEPT + 1), parsed.text];
    const found = complaintIn(parsed.text);
    if (found !== null && concernsOneGpu(found)) warning = found;
    else if (found !== null) listeners.onComplaint(found);
  }

  function stopTimers() {
    for (const timer of [waitTimer, pauseTimer, silenceTimer]) clearTimeout(timer);
  }

  const child: LoopChild = startLoop(command, gpuLoopArguments(columns, intervalMs), env, {
    onLine,
    onWords(said) {
      words = said;
      const found = ticks === 0 ? complaintIn(said) : null;
      if (found !== null) listeners.onComplaint(found);
    },
    onEnd(ending) {
      if (over) return;
      over = true;
      stopTimers();
      listeners.onEnd({ ...ending, lastWords: [...sentences, ending.lastWords].join("\n").trim() });
    },
  });
  watchForSilence();

  return {
    ticks: () => ticks,
    ageMs: () => nowMs() - startedAtMs,
    kill() {
      over = true;
      stopTimers();
      return child.kill();
    },
  };
}
