import type { AlertRules } from "../../config/health-options.ts";
import type { GpuRule, HostRule } from "../rule.ts";
import { cacheNotReturned } from "./cache-not-returned.ts";
import { cpuLimit } from "./cpu-limit.ts";
import { cpuLoad } from "./cpu-load.ts";
import { eccErrors } from "./ecc-errors.ts";
import { fanStopped } from "./fan-stopped.ts";
import { gpuLost } from "./gpu-lost.ts";
import { gpuNeedsReset } from "./gpu-needs-reset.ts";
import { hostMemory } from "./host-memory.ts";
import { leak } from "./leak.ts";
import { lowUtilization } from "./low-utilization.ts";
import { oneGpuFull } from "./one-gpu-full.ts";
import { pcieDegraded } from "./pcie-degraded.ts";
import { processKilled } from "./process-killed.ts";
import { recompiling } from "./recompiling.ts";
import { temperatureRising } from "./temperature-rising.ts";
import { powerBrake, thermalThrottling } from "./throttling.ts";
import { vaeDecodePeak } from "./vae-decode-peak.ts";
import { vramRedLine } from "./vram-red-line.ts";
import { xid } from "./xid.ts";

/** The rules that are on. */
export interface RuleSet {
  gpu: readonly GpuRule[];
  host: readonly HostRule[];
}

export function createRules(settings: AlertRules): RuleSet {
  return {
    gpu: [
      ...on(settings["low-utilization"], lowUtilization),
      ...on(settings["vram-red-line"], vramRedLine),
      ...on(settings.recompiling, recompiling),
      ...on(settings["vae-decode-peak"], vaeDecodePeak),
      ...on(settings["cache-not-returned"], cacheNotReturned),
      ...on(settings["one-gpu-full"], oneGpuFull),
      ...on(settings.leak, leak),
      ...on(settings["temperature-rising"], temperatureRising),
      ...on(settings["thermal-throttling"], thermalThrottling),
      ...on(settings["power-brake"], powerBrake),
      ...on(settings["fan-stopped"], fanStopped),
      ...on(settings["gpu-lost"], gpuLost),
      ...on(settings["gpu-needs-reset"], gpuNeedsReset),
      ...on(settings["ecc-errors"], eccErrors),
      ...on(settings["pcie-degraded"], pcieDegraded),
      ...on(settings.xid, xid),
    ],
    host: [
      ...on(settings["cpu-load"], cpuLoad),
      ...on(settings["cpu-limit"], cpuLimit),
      ...on(settings["host-memory"], hostMemory),
      ...on(settings["process-killed"], processKilled),
    ],
  };
}

function on<Settings, R>(settings: Settings | false, make: (settings: Settings) => R): R[] {
  return settings === false ? [] : [make(settings)];
}
