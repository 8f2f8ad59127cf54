import type { Problem } from "../../shared/problems/problem.ts";
import type { PatienceTimings } from "../timings.ts";
import { createTickAssembler, type Tick } from "./assemble-tick.ts";
import { concernsOneGpu, diagnoseSentence, type Ending } from "./diagnose.ts";
import { type LoopChild, startLoop } from "./nvidia-smi.ts";
import { parseGpuRow } from "./parse-gpu-row.ts";
import { type Column, gpuLoopArguments } from "./query.ts";
import { pauseAfterRowsMs, silenceLimitMs } from "./supervise.ts";

/** One run of the query loop: child, parser and watchdog. */
export interface QueryLoop {
  /** Ticks given out so far. */
  ticks(): number;
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
}

const SENTENCES_KEPT = 10;

export function startQueryLoop(
  command: readonly string[],
  columns: readonly Column[],
  intervalMs: number,
  env: NodeJS.ProcessEnv,
  patience: PatienceTimings,
  listeners: QueryLoopListeners,
): QueryLoop {
  const assembler = createTickAssembler();
  let ticks = 0;
  let over = false;
  /** Lines that were no rows since the last tick. */
  let sentences: string[] = [];
  let warning: Problem | null = null;
  let pauseTimer: NodeJS.Timeout | undefined;
  let silenceTimer: NodeJS.Timeout | undefined;

  function watchForSilence() {
    clearTimeout(silenceTimer);
    const limitMs = silenceLimitMs(intervalMs, ticks, patience);
    silenceTimer = setTimeout(() => {
      if (!over) listeners.onSilence(Math.round(limitMs / 1000));
    }, limitMs);
  }

  function give(tick: Tick) {
    ticks++;
    sentences = [];
    watchForSilence();
    listeners.onTick(tick, warning);
    warning = null;
  }

  function pauseOver() {
    const tick = assembler.flush();
    if (tick !== null) give(tick);
    else if (warning !== null) {
      // Sentences and no row: there is no healthy GPU beside the one complained of.
      listeners.onComplaint(warning);
      warning = null;
    }
  }

  function onLine(line: string) {
    if (over) return;
    const parsed = parseGpuRow(line, columns);
    if (parsed.kind === "nothing") return;
    clearTimeout(pauseTimer);
    pauseTimer = setTimeout(pauseOver, pauseAfterRowsMs(intervalMs));
    if (parsed.kind === "row") {
      for (const tick of assembler.push(parsed.row)) give(tick);
      return;
    }
    if (parsed.kind === "lost-row") return;
    sentences = [...sentences.slice(-SENTENCES_KEPT + 1), parsed.text];
    const found = diagnoseSentence(parsed.text);
    // A refused field ends the loop, and the source then asks again without it.
    if (found === null || found.code === "query-refused") return;
    if (concernsOneGpu(found)) warning = found;
    else listeners.onComplaint(found);
  }

  function stopTimers() {
    clearTimeout(pauseTimer);
    clearTimeout(silenceTimer);
  }

  const child: LoopChild = startLoop(command, gpuLoopArguments(columns, intervalMs), env, {
    onLine,
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
    kill() {
      over = true;
      stopTimers();
      return child.kill();
    },
  };
}
