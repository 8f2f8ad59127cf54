import * as v from "valibot";

/** The red lines, as codes. Words for each, in both languages, stand beside this file. */
export const RULES = [
  // of one GPU
  "low-utilization",
  "vram-red-line",
  "recompiling",
  "vae-decode-peak",
  "cache-not-returned",
  "one-gpu-full",
  "leak",
  "temperature-rising",
  "thermal-throttling",
  "power-brake",
  "fan-stopped",
  "gpu-lost",
  "gpu-needs-reset",
  "ecc-errors",
  "pcie-degraded",
  "xid",
  // of the host or the container
  "cpu-load",
  "cpu-limit",
  "host-memory",
  "process-killed",
] as const;
export type RuleId = (typeof RULES)[number];

export const SEVERITIES = ["info", "warning", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** True where `severity` is as grave as `least`, or graver. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

/** A red line that is crossed at present. */
export const alertSchema = v.object({
  id: v.string(),
  /** One of ours, or one that only a newer sidecar knows: then its own words are shown. */
  rule: v.string(),
  severity: v.picklist(SEVERITIES),
  /** Index of the GPU; missing where it concerns the host. */
  gpu: v.exactOptional(v.number()),
  /** Epoch milliseconds by the sidecar's clock. */
  since: v.number(),
  /** English; `message: advice` is one sentence that says what is seen, since when, and what to do. */
  message: v.string(),
  advice: v.string(),
  /** What fills the `{name}` places, so that a panel can say the same in its own language. */
  params: v.record(v.string(), v.union([v.string(), v.number()])),
  acknowledged: v.boolean(),
  /** Epoch milliseconds until which its rule is muted; `null`: it is not. */
  mutedUntil: v.nullable(v.number()),
});
export type Alert = v.InferOutput<typeof alertSchema>;
export type AlertParams = Alert["params"];
