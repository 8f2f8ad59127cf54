import { CLEAR } from "../hold.ts";
import { AT_ONCE, EVENT_LASTS_MS, type GpuRule, type SettingsOf } from "../rule.ts";

/**
 * Errors of the hardware or the bus, after which the GPU or the machine has to be reset; others are mostly a program's.
 * Source: NVIDIA, "XID Errors" (48 double-bit ECC, 62 and 95 uncontained, 64 remapping failed, 74 NVLink, 79 off the bus, 119/120 GSP, 140 ECC, 143 link).
 */
const GRAVE: readonly number[] = [48, 62, 64, 74, 79, 95, 119, 120, 140, 143];

/** The driver has written an error of this GPU to the kernel's log. */
export function xid(_settings: SettingsOf<"xid">): GpuRule {
  return {
    id: "xid",
    timing: AT_ONCE,
    judge({ gpu, track, moment }) {
      if (track.xid === null || moment.nowMs - track.xid.atMs > EVENT_LASTS_MS) return CLEAR;
      const { code, atMs } = track.xid;
      const severity = GRAVE.includes(code) ? "critical" : "warning";
      return { level: "danger", severity, params: { gpu: gpu.index, code }, news: code, sinceMs: atMs };
    },
  };
}
