import type { Severity } from "../../../shared/health/alert.ts";

/** The words around alerts; those of the rules themselves stand in `shared/health`. */
export interface HealthWords {
  title: string;
  none: string;
  severity: Record<Severity, string>;
  more: string;
  acknowledge: string;
  acknowledged: string;
  mute: string;
  muteFor: Record<"60" | "480" | "1440" | "10080", string>;
  muted: string;
  unmute: string;
  past: string;
  noPast: string;
  lasted: string;
  mutedRules: string;
  notify: string;
  notifyOn: string;
  notifyOff: string;
  notifyBlocked: string;
  jobEnded: Record<"done" | "failed", string>;
  cpuLimit: string;
}
