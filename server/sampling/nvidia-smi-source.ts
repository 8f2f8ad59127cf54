import type { GpuProcess } from "../../shared/gpu/gpu.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import type { Problem } from "../../shared/problems/problem.ts";
import { steadyMs, wallMs } from "../lib/clock.ts";
import { createEmitter, type Emitter } from "../lib/emitter.ts";
import type { Timings } from "../timings.ts";
import { concernsOneGpu, diagnoseEnding, type Ending, fieldToDrop } from "./diagnose.ts";
import { createFigureWatch, type FigureWatch } from "./figure-watch.ts";
import { isWsl } from "./host.ts";
import { createFastMerge, type FastMerge } from "./merge-fast.ts";
import { parseProcessRow } from "./parse-process-row.ts";
import { programOfPid } from "./program-of-pid.ts";
import {
  type Column,
  chooseColumns,
  dropField,
  KNOWN_FIELDS_ARGUMENTS,
  PROCESS_ARGUMENTS,
  parseKnownFields,
} from "./query.ts";
import { type QueryLoop, type QueryLoopOptions, startQueryLoop } from "./query-loop.ts";
import { createRowAge, type RowAge } from "./row-age.ts";
import { runOnce } from "./run-once.ts";
import type { ProcessAnswer, SampleSource, SourceEvent } from "./source.ts";
import { nextAttempt } from "./supervise.ts";

/** What is known of the loop that runs, and of those that ran before it. */
interface Supervision {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly timings: Pick<Timings, "sampling" | "patience">;
  readonly closing: AbortController;
  readonly events: Emitter<SourceEvent>;
  readonly ticks: FastMerge<SourceEvent>;
  readonly figures: FigureWatch;
  readonly rowAge: RowAge;
  intervalMs: number;
  /** `null`: not known yet. */
  columns: Column[] | null;
  active: QueryLoop | null;
  /** The loop with the new rate, until it has given its first tick. */
  coming: QueryLoop | null;
  attempt: number;
  /** Loops that were ended without a sample, one after the other. */
  silentLoops: number;
  /** The longest that the first sample of a loop has taken. */
  firstMs: number | null;
  failing: boolean;
  dying: Promise<void>;
  /** Set while the next start is waited for, since `endedMs`. */
  retryTimer: NodeJS.Timeout | undefined;
  endedMs: number;
}

/**
 * Samples from one long-lived nvidia-smi, supervised: started again with back-off when it ends or hangs, and
 * exchanged without a break when the rate changes (the new loop has spoken before the old one is ended, which
 * also keeps the driver loaded).
 */
export function createNvidiaSmiSource(
  command: readonly string[],
  intervalMs: number,
  env: NodeJS.ProcessEnv,
  timings: Pick<Timings, "sampling" | "patience">,
): SampleSource {
  const events = createEmitter<SourceEvent>();
  const state: Supervision = {
    ...{ command, env, timings, events, intervalMs },
    closing: new AbortController(),
    // After a standstill of the machine the rows of seconds come at once: they are one sample.
    ticks: createFastMerge<SourceEvent>(() => state.intervalMs / 2, events.emit),
    ...{ figures: createFigureWatch(), rowAge: createRowAge() },
    ...{ columns: null, active: null, coming: null, attempt: 0, silentLoops: 0, firstMs: null },
    ...{ failing: false, dying: Promise.resolve(), retryTimer: undefined, endedMs: 0 },
  };
  return {
    kind: "nvidia-smi",
    subscribe: events.subscribe,
    start: () => void run(state),
    setIntervalMs(ms) {
      if (ms === state.intervalMs) return;
      state.intervalMs = ms;
      dropComing(state);
      if (state.active !== null && state.columns !== null) state.coming = open(state, state.columns);
    },
    retryNow() {
      const { retryTimer, endedMs } = state;
      // A fresh failure has its rest, whoever asks: what shows the panel may ask as often as it likes.
      if (retryTimer === undefined || steadyMs() - endedMs < timings.sampling.firstRetryMs) return false;
      runAfterRest(state);
      return true;
    },
    queryProcesses: () => listProcesses(state),
    async close() {
      state.closing.abort();
      state.ticks.close();
      clearTimeout(state.retryTimer);
      const loops = [state.active, state.coming];
      state.active = null;
      state.coming = null;
      await killWithin(loops, timings.patience.killMs);
    },
  };
}

async function run(state: Supervision) {
  await state.dying;
  state.columns ??= await learnColumns(state);
  if (state.closing.signal.aborted || state.active !== null) return;
  state.active = open(state, state.columns);
}

async function learnColumns({ command, env, closing, timings }: Supervision): Promise<Column[]> {
  const { queryMs } = timings.patience;
  const help = await runOnce(command, KNOWN_FIELDS_ARGUMENTS, env, closing.signal, queryMs);
  return chooseColumns(help.ok ? parseKnownFields(help.output) : new Set());
}

function open(state: Supervision, columns: readonly Column[]): QueryLoop {
  const { command, env, intervalMs, silentLoops, firstMs, events, rowAge } = state;
  const { patience } = state.timings;
  const dated: QueryLoopOptions["dated"] = ({ row, stampMs }) => {
    const nowMs = steadyMs();
    return { ...row, measuredMs: nowMs - rowAge(stampMs, nowMs, wallMs()) };
  };
  const options = {
    ...{ command, columns, intervalMs, env, patience, silentLoops, firstMs },
    ...{ nowMs: steadyMs, dated },
  };
  const loop: QueryLoop = startQueryLoop(options, {
    onTick: (tick, warning) => onTick(state, loop, { type: "tick", tick, warning }),
    onComplaint(found) {
      if (loop === state.active) fail(state, found);
    },
    onEnd(ending) {
      if (loop === state.coming) state.coming = null;
      else if (loop === state.active) onEnd(state, ending);
    },
    onSilence(seconds) {
      if (loop === state.active) return onSilence(state, loop, seconds);
      if (loop === state.coming) state.coming = null;
      void loop.kill();
    },
    onWait(found) {
      if (loop === state.active) events.emit({ type: "waiting", problem: found });
    },
  });
  return loop;
}

function onTick(state: Supervision, loop: QueryLoop, event: Extract<SourceEvent, { type: "tick" }>) {
  if (loop === state.coming) {
    void state.active?.kill();
    state.active = loop;
    state.coming = null;
  }
  if (loop !== state.active) return;
  state.silentLoops = 0;
  if (loop.ticks() === 1) state.firstMs = Math.max(state.firstMs ?? 0, loop.ageMs());
  const sight = state.figures.see(event.tick);
  if (sight === "gone") onFiguresGone(state, loop);
  if (sight !== "figures") return;
  state.attempt = 0;
  state.failing = false;
  state.ticks.push(event);
}

/** When figures have gone from the rows, one other loop is tried; then the source has failed. */
function onFiguresGone(state: Supervision, loop: QueryLoop) {
  const found = problem("no-figures");
  if (state.figures.wasRetried()) return fail(state, found);
  state.figures.retried();
  state.dying = loop.kill();
  retry(state, { type: "problem", problem: found, status: "stale" });
}

function onSilence(state: Supervision, loop: QueryLoop, seconds: number) {
  // Not before the hanging one is gone: children that cannot be killed must not pile up.
  state.dying = loop.kill();
  if (loop.ticks() === 0) state.silentLoops++;
  const status = state.attempt > 0 || state.failing ? "failed" : "stale";
  retry(state, { type: "problem", problem: problem("no-output", { seconds }), status });
}

function onEnd(state: Supervision, ending: Ending) {
  const { columns, failing, attempt } = state;
  const field = fieldToDrop(ending);
  if (field !== null && columns !== null) {
    const fewer = dropField(columns, field);
    if (fewer.length < columns.length || fewer.some((column, i) => column.field !== columns[i]?.field)) {
      state.columns = fewer;
      state.active = null;
      void run(state);
      return;
    }
  }
  const found = diagnoseEnding(ending, isWsl());
  const known = found.code !== "process-ended" && !concernsOneGpu(found);
  const status = known || failing || attempt > 0 ? "failed" : "stale";
  retry(state, { type: "problem", problem: found, status });
}

/** The loop lives, but gives nothing that could be shown. */
function fail(state: Supervision, found: Problem) {
  state.failing = true;
  state.ticks.flush();
  state.events.emit({ type: "problem", problem: found, status: "failed" });
}

function retry(state: Supervision, event: SourceEvent) {
  const ticks = state.failing ? 0 : (state.active?.ticks() ?? 0);
  const next = nextAttempt(state.attempt, ticks, state.timings.sampling);
  state.attempt = next.attempt;
  state.failing = true;
  state.active = null;
  // The driver may have been exchanged: it is asked anew which fields it knows.
  state.columns = null;
  dropComing(state);
  state.ticks.flush();
  state.events.emit(event);
  clearTimeout(state.retryTimer);
  state.endedMs = steadyMs();
  state.retryTimer = setTimeout(() => runAfterRest(state), next.delayMs);
}

function runAfterRest(state: Supervision) {
  clearTimeout(state.retryTimer);
  state.retryTimer = undefined;
  void run(state);
}

function dropComing(state: Supervision) {
  void state.coming?.kill();
  state.coming = null;
}

async function listProcesses({ command, env, closing, timings }: Supervision): Promise<ProcessAnswer> {
  const result = await runOnce(command, PROCESS_ARGUMENTS, env, closing.signal, timings.patience.queryMs);
  if (!result.ok) return { processes: null, cpuMs: result.cpuMs };
  const byGpu = new Map<string, GpuProcess[]>();
  for (const line of result.output.split(/\r?\n/)) {
    const row = parseProcessRow(line);
    if (row === null) continue;
    const { process, unclear } = row;
    // The number may be that of another machine's process: a name from here counts only where it fits.
    const program = unclear === null ? null : await programOfPid(process.pid);
    const name = program !== null && unclear?.startsWith(program) ? program : process.name;
    byGpu.set(row.gpuUuid, [...(byGpu.get(row.gpuUuid) ?? []), { ...process, name }]);
  }
  return { processes: byGpu, cpuMs: result.cpuMs };
}

/** A child that cannot be killed must not keep the sidecar from ending. */
async function killWithin(loops: readonly (QueryLoop | null)[], limitMs: number) {
  let waited: NodeJS.Timeout | undefined;
  await Promise.race([
    Promise.all(loops.map((loop) => loop?.kill())),
    new Promise((resolve) => {
      waited = setTimeout(resolve, limitMs);
    }),
  ]);
  clearTimeout(waited);
}
