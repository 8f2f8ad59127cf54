import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import * as v from "valibot";
import type { SourceState } from "../../shared/protocol/state.ts";
import { backendSchema } from "../config/backend-options.ts";
import type { Options } from "../config/options.ts";
import { wallMs } from "../lib/clock.ts";
import type { Disposer } from "../lib/disposer.ts";
import { isRunning } from "../lib/is-running.ts";
import { type BackendList, createBackendList } from "../release/backend-list.ts";
import type { Backend } from "../release/backends/backend.ts";
import { createBackend } from "../release/backends/create-backend.ts";
import { createDemoBackend } from "../release/backends/demo.ts";
import type { ProcessOwners } from "../release/owners/process-owners.ts";
import type { SourceChoice } from "../sampling/choose-source.ts";
import { createDemoSource } from "../sampling/demo/demo-source.ts";
import { createNoneSource } from "../sampling/none-source.ts";
import { createNvidiaSmiSource } from "../sampling/nvidia-smi-source.ts";
import { createReplaySource, type ReplaySource } from "../sampling/replay/replay-source.ts";
import { createSampler, type Sampler } from "../sampling/sampler.ts";
import type { SampleSource } from "../sampling/source.ts";
import type { Timings } from "../timings.ts";

/** The source that was chosen, and what goes with it. */
export interface ChosenSource {
  source: SampleSource;
  /** The backends that were asked for; with the demo, if none was, its simulated one. */
  list: BackendList;
  replay: ReplaySource | null;
}

/** Makes the source. */
export function composeSource(
  choice: SourceChoice,
  options: Pick<Options, "interval" | "backend" | "backendUrl" | "backends">,
  env: NodeJS.ProcessEnv,
  timings: Timings,
): ChosenSource {
  if (choice.kind === "demo") {
    const demo = createDemoSource(choice.gpuCount);
    const wanted = wantedBackends(options, timings);
    return {
      source: demo,
      list: createBackendList(wanted.length > 0 ? wanted : [createDemoBackend(demo)]),
      replay: null,
    };
  }
  if (choice.kind === "nvidia-smi") {
    const source = createNvidiaSmiSource(choice.command, options.interval, env, timings);
    return { source, list: createBackendList(wantedBackends(options, timings)), replay: null };
  }
  if (choice.kind === "none")
    return { source: createNoneSource(), list: createBackendList([]), replay: null };
  const path = resolve(choice.path);
  const replay = createReplaySource({ path, name: basename(path), speed: 1 });
  // Whoever looks at a recording must not release on the machine of now.
  return { source: replay, list: createBackendList([]), replay };
}

/** Samples at the rate asked for while somebody watches, and always where a log is written. */
export function composeSampler(
  source: SampleSource,
  { interval, gpus = [], logCsv, logJsonl }: Pick<Options, "interval" | "gpus" | "logCsv" | "logJsonl">,
  choice: SourceChoice,
  { owners, timings }: { owners: ProcessOwners; timings: Timings },
): Sampler {
  return createSampler(source, {
    intervalMs: interval,
    gpus: gpus.length === 0 ? null : gpus,
    demoReason: choice.kind === "demo" ? choice.reason : null,
    keepsRate: logCsv !== undefined || logJsonl !== undefined,
    findOwners: owners.update,
    backendOf: owners.ownerOf,
    timings,
  });
}

/**
 * Says in the terminal, once each, why no samples come and what is wrong beside them: whoever started the sidecar may not
 * have the panel open.
 * @param aside codes of what another part has said there itself
 */
export function tellOfTrouble(
  aside: readonly string[],
  complain: (message: string) => void,
): (source: SourceState) => void {
  let said: string | null = null;
  let failed = false;
  return ({ status, problem }) => {
    if (status === "live" && failed) complain("samples come again.");
    if (status === "live" || status === "failed") failed = status === "failed";
    if (problem === null) {
      if (status === "live") said = null;
      return;
    }
    // A source that is only stale comes back by itself.
    if (status === "stale" || said === problem.code || aside.includes(problem.code)) return;
    said = problem.code;
    complain(`${problem.message} ${problem.advice}`.trim());
  };
}

/** The backends of the config file, or the one that flags or environment name. */
function wantedBackends(
  { backend, backendUrl, backends }: Parameters<typeof composeSource>[1],
  timings: Timings,
): Backend[] {
  if (backends !== undefined) return backends.map((one) => createBackend(one, timings));
  if (backend === undefined || backend === "none") return [];
  const url = backendUrl === undefined ? {} : { url: backendUrl };
  return [createBackend(v.parse(backendSchema, { kind: backend, ...url }), timings)];
}

const SCRATCH = "gpu-status-panel-replay-";
const DAY_MS = 86_400_000;

/** A folder for what a replay writes, gone when it ends: what is played back must not mix with what happened. */
export function scratchFolder(disposer: Disposer): string {
  sweepScratch();
  const folder = mkdtempSync(join(tmpdir(), `${SCRATCH}${process.pid}-`));
  disposer.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Removes what replays have left behind that were killed, a day after: in another container one may still run. */
function sweepScratch() {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${SCRATCH}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const folder = join(tmpdir(), name);
    try {
      if (wallMs() - statSync(folder).mtimeMs > DAY_MS) rmSync(folder, { recursive: true, force: true });
    } catch {
      // Somebody else's, or gone already.
    }
  }
}
