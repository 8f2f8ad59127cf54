import type { SourceState } from "../../shared/protocol/state.ts";
import type { Options } from "../config/options.ts";
import { commandOf, locateNvidiaSmi } from "./locate.ts";

/** Which source the options ask for on this machine. */
export type SourceChoice =
  | { kind: "nvidia-smi"; command: string[] }
  | { kind: "replay"; path: string }
  /** No GPU of its own: it shows those of other hosts. */
  | { kind: "none" }
  | { kind: "demo"; gpuCount: number; reason: NonNullable<SourceState["demoReason"]> };

const DEMO_GPUS = 2;

/**
 * `auto`: nvidia-smi where it is found, the demo machine only where there is none at all. An nvidia-smi that is
 * found and fails is never replaced by the demo.
 */
export function chooseSource({ source, nvidiaSmi }: Options, env: NodeJS.ProcessEnv): SourceChoice {
  if (source.startsWith("replay:")) return { kind: "replay", path: source.slice("replay:".length) };
  if (source === "none") return { kind: "none" };
  if (source.startsWith("demo")) {
    return { kind: "demo", gpuCount: Number(source.split(":")[1] ?? DEMO_GPUS), reason: "asked-for" };
  }
  const command = nvidiaSmi === undefined ? locateNvidiaSmi(env) : commandOf(nvidiaSmi);
  if (command !== null) return { kind: "nvidia-smi", command };
  if (source === "nvidia-smi" || nvidiaSmi !== undefined) {
    return { kind: "nvidia-smi", command: [nvidiaSmi ?? "nvidia-smi"] };
  }
  return { kind: "demo", gpuCount: DEMO_GPUS, reason: "no-nvidia-smi" };
}
