import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import type { Options } from "../config/options.ts";
import type { Disposer } from "../lib/disposer.ts";
import type { Backend } from "../release/backends/backend.ts";
import { createDemoBackend } from "../release/backends/demo.ts";
import type { SourceChoice } from "../sampling/choose-source.ts";
import { createDemoSource } from "../sampling/demo/demo-source.ts";
import { createNvidiaSmiSource } from "../sampling/nvidia-smi-source.ts";
import type { Recording } from "../sampling/replay/recording.ts";
import { createReplaySource, type ReplaySource } from "../sampling/replay/replay-source.ts";
import type { SampleSource } from "../sampling/source.ts";

/** The source that was chosen, and what goes with it. */
export interface ChosenSource {
  source: SampleSource;
  /** The demo's simulated backend. */
  backends: Backend[];
  replay: ReplaySource | null;
}

/**
 * Makes the source.
 * @param onRead told of a recording when it has been read, before it is played
 */
export function composeSource(
  choice: SourceChoice,
  { interval }: Pick<Options, "interval">,
  env: NodeJS.ProcessEnv,
  onRead: (recording: Recording) => Promise<void>,
): ChosenSource {
  if (choice.kind === "demo") {
    const demo = createDemoSource(choice.gpuCount);
    return { source: demo, backends: [createDemoBackend(demo.unload)], replay: null };
  }
  if (choice.kind === "nvidia-smi") {
    return { source: createNvidiaSmiSource(choice.command, interval, env), backends: [], replay: null };
  }
  const path = resolve(choice.path);
  const replay = createReplaySource({ path, name: basename(path), speed: 1, onRead });
  return { source: replay, backends: [], replay };
}

/** A folder for what a replay writes, gone when it ends: what is played back must not mix with what happened. */
export function scratchFolder(disposer: Disposer): string {
  const folder = mkdtempSync(join(tmpdir(), "gpu-status-panel-replay-"));
  disposer.add(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
