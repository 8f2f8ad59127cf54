import type { Compared } from "../../../shared/sessions/compare.ts";
import type { Session } from "../../../shared/sessions/session.ts";
import { clock } from "../../i18n/durations.ts";
import { DASH, gib } from "../../i18n/format.ts";
import type { Language } from "../../i18n/use-messages.ts";

/** Name of a session: its own, or when it began. */
export function labelOf({ label, startedAt }: Session, language: Language): string {
  return label === "" ? clock(startedAt, language, true) : label;
}

/** A figure with its unit, `—` when it is not known. */
export function figureText(what: Compared, value: number | null): string {
  if (value === null) return DASH;
  switch (what) {
    case "utilization":
    case "p50":
    case "p95":
      return `${value.toFixed(1)}%`;
    case "peak":
      return `${gib(value)} GiB`;
    case "seconds":
      return durationText(value);
    case "temperature":
    case "highest":
      return `${value.toFixed(what === "highest" ? 0 : 1)} °C`;
    case "energy":
      return `${value.toFixed(value < 10 ? 2 : 1)} Wh`;
  }
}

function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
