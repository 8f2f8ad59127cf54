import type { RuleId } from "../../../shared/health/alert.ts";
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
  const gpu = {
    "low-utilization": on(settings["low-utilization"], lowUtilization),
    "vram-red-line": on(settings["vram-red-line"], vramRedLine),
    recompiling: on(settings.recompiling, recompiling),
    "vae-decode-peak": on(settings["vae-decode-peak"], vaeDecodePeak),
    "cache-not-returned": on(settings["cache-not-returned"], cacheNotReturned),
    "one-gpu-full": on(settings["one-gpu-full"], oneGpuFull),
    leak: on(settings.leak, leak),
    "temperature-rising": on(settings["temperature-rising"], temperatureRising),
    "thermal-throttling": on(settings["thermal-throttling"], thermalThrottling),
    "power-brake": on(settings["power-brake"], powerBrake),
    "fan-stopped": on(settings["fan-stopped"], fanStopped),
    "gpu-lost": on(settings["gpu-lost"], gpuLost),
    "gpu-needs-reset": on(settings["gpu-needs-reset"], gpuNeedsReset),
    "ecc-errors": on(settings["ecc-errors"], eccErrors),
    "pcie-degraded": on(settings["pcie-degraded"], pcieDegraded),
    xid: on(settings.xid, xid),
  } satisfies Partial<Record<RuleId, GpuRule[]>>;
  const host = {
    "cpu-load": on(settings["cpu-load"], cpuLoad),
    "cpu-limit": on(settings["cpu-limit"], cpuLimit),
    "host-memory": on(settings["host-memory"], hostMemory),
    "process-killed": on(settings["process-killed"], processKilled),
  } satisfies Record<Exclude<RuleId, keyof typeof gpu>, HostRule[]>;
  return { gpu: Object.values<GpuRule[]>(gpu).flat(), host: Object.values<HostRule[]>(host).flat() };
}

function on<Settings, R>(settings: Settings | false, make: (settings: Settings) => R): R[] {
  return settings === false ? [] : [make(settings)];
}
