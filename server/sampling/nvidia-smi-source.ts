import type { GpuProcess } from "../../shared/gpu/gpu.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import { steadyMs } from "../lib/clock.ts";
import { createEmitter } from "../lib/emitter.ts";
import type { Timings } from "../timings.ts";
import { concernsOneGpu, diagnoseEnding, type Ending, fieldToDrop } from "./diagnose.ts";
import { createFigureWatch } from "./figure-watch.ts";
import { isWsl } from "./host.ts";
import { createFastMerge } from "./merge-fast.ts";
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
import { type QueryLoop, startQueryLoop } from "./query-loop.ts";
import { runOnce } from "./run-once.ts";
import type { SampleSource, SourceEvent } from "./source.ts";
import { nextAttempt } from "./supervise.ts";

/**
 * Samples from one long-lived nvidia-smi, supervised: started again with back-off when it ends or hangs, and
 * exchanged without a break when the rate changes (the new loop has spoken before the old one is ended, which
 * also keeps the driver loaded).
 */
export function createNvidiaSmiSource(
  command: readonly string[],
  intervalMs: number,
  env: NodeJS.ProcessEnv,
  { sampling, patience }: Pick<Timings, "sampling" | "patience">,
): SampleSource {
  const events = createEmitter<SourceEvent>();
  const closing = new AbortController();
  let interval = intervalMs;
  // A machine that stood still hands out the rows of seconds at once; they are one sample.
  const ticks = createFastMerge<SourceEvent>(() => interval / 2, events.emit);
  let columns: Column[] | null = null;
  let active: QueryLoop | null = null;
  /** The loop with the new rate, until it has given its first tick. */
  let coming: QueryLoop | null = null;
  let attempt = 0;
  /** Loops that were ended without a sample, one after the other. */
  let silentLoops = 0;
  /** The longest that the first sample of a loop has taken. */
  let firstMs: number | null = null;
  const figures = createFigureWatch();
  let failing = false;
  let dying: Promise<void> = Promise.resolve();
  let retryTimer: NodeJS.Timeout | undefined;

  async function learnColumns(): Promise<Column[]> {
    const help = await runOnce(command, KNOWN_FIELDS_ARGUMENTS, env, closing.signal, patience.queryMs);
    return chooseColumns(help.ok ? parseKnownFields(help.output) : new Set());
  }

  async function run() {
    await dying;
    columns ??= await learnColumns();
    if (closing.signal.aborted || active !== null) return;
    active = open(columns, interval);
  }

  function open(asked: readonly Column[], everyMs: number): QueryLoop {
    const nowMs = steadyMs;
    const options = {
      command,
      columns: asked,
      intervalMs: everyMs,
      env,
      patience,
      silentLoops,
      firstMs,
      nowMs,
    };
    const loop: QueryLoop = startQueryLoop(options, {
      onTick(tick, warning) {
        if (loop === coming) {
          void active?.kill();
          active = loop;
          coming = null;
        }
        if (loop !== active) return;
        silentLoops = 0;
        if (loop.ticks() === 1) firstMs = Math.max(firstMs ?? 0, loop.ageMs());
        const sight = figures.look(tick);
        if (sight !== "figures") return void (sight === "gone" && withoutFigures(loop));
        attempt = 0;
        failing = false;
        ticks.push({ type: "tick", tick, warning });
      },
      onComplaint(found) {
        if (loop !== active) return;
        failing = true;
        ticks.flush();
        events.emit({ type: "problem", problem: found, status: "failed" });
      },
      onEnd(ending) {
        if (loop === coming) coming = null;
        else if (loop === active) ended(ending);
      },
      onSilence(seconds) {
        if (loop === coming) coming = null;
        else if (loop === active) {
          // Not before the hanging one is gone: children that cannot be killed must not pile up.
          dying = loop.kill();
          if (loop.ticks() === 0) silentLoops++;
          retry({
            type: "problem",
            problem: problem("no-output", { seconds }),
            status: attempt > 0 || failing ? "failed" : "stale",
          });
          return;
        }
        void loop.kill();
      },
      onWait(found) {
        if (loop === active) events.emit({ type: "waiting", problem: found });
      },
    });
    return loop;
  }

  /** Rows without a figure, where there were some: another loop may get them, once; then the driver has none. */
  function withoutFigures(loop: QueryLoop) {
    const found = problem("no-figures");
    if (figures.wasRetried()) {
      failing = true;
      ticks.flush();
      events.emit({ type: "problem", problem: found, status: "failed" });
      return;
    }
    figures.retried();
    dying = loop.kill();
    retry({ type: "problem", problem: found, status: "stale" });
  }

  function ended(ending: Ending) {
    const field = fieldToDrop(ending);
    if (field !== null && columns !== null) {
      const fewer = dropField(columns, field);
      if (fewer.length < columns.length || fewer.some((column, i) => column.field !== columns?.[i]?.field)) {
        columns = fewer;
        active = null;
        void run();
        return;
      }
    }
    const found = diagnoseEnding(ending, isWsl());
    const known = found.code !== "process-ended" && !concernsOneGpu(found);
    retry({ type: "problem", problem: found, status: known || failing || attempt > 0 ? "failed" : "stale" });
  }

  function retry(event: SourceEvent) {
    const next = nextAttempt(attempt, failing ? 0 : (active?.ticks() ?? 0), sampling);
    attempt = next.attempt;
    failing = true;
    active = null;
    // What the driver knows may have changed with whatever went wrong.
    columns = null;
    void coming?.kill();
    coming = null;
    ticks.flush();
    events.emit(event);
    clearTimeout(retryTimer);
    retryTimer = setTimeout(() => void run(), next.delayMs);
  }

  return {
    kind: "nvidia-smi",
    subscribe: events.subscribe,
    start: () => void run(),
    setIntervalMs(ms) {
      if (ms === interval) return;
      interval = ms;
      void coming?.kill();
      coming = null;
      if (active !== null && columns !== null) coming = open(columns, ms);
    },
    async queryProcesses() {
      const result = await runOnce(command, PROCESS_ARGUMENTS, env, closing.signal, patience.queryMs);
      if (!result.ok) return { processes: null, cpuMs: result.cpuMs };
      const byGpu = new Map<string, GpuProcess[]>();
      for (const line of result.output.split(/\r?\n/)) {
        const row = parseProcessRow(line);
        if (row === null) continue;
        const { process, unclear } = row;
        // Of a process of another machine that has this number here, the name would be another.
        const program = unclear === null ? null : await programOfPid(process.pid);
        const name = program !== null && unclear?.startsWith(program) ? program : process.name;
        byGpu.set(row.gpuUuid, [...(byGpu.get(row.gpuUuid) ?? []), { ...process, name }]);
      }
      return { processes: byGpu, cpuMs: result.cpuMs };
    },
    async close() {
      closing.abort();
      ticks.close();
      clearTimeout(retryTimer);
      const loops = [active, coming];
      active = null;
      coming = null;
      let waited: NodeJS.Timeout | undefined;
      await Promise.race([
        Promise.all(loops.map((loop) => loop?.kill())),
        new Promise((resolve) => {
          waited = setTimeout(resolve, patience.killMs);
        }),
      ]);
      clearTimeout(waited);
    },
  };
}
