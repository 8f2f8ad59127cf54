import { roundPercent } from "../../../shared/gpu/units.ts";

export type Level = "calm" | "warm" | "full";

/** How full VRAM is, of the figure as it is shown: 84.6 reads 85 and is nearly full. */
export function levelOf(share: number | null): Level {
  const shown = share === null ? 0 : roundPercent(share);
  return shown >= 95 ? "full" : shown >= 85 ? "warm" : "calm";
}

/** A figure with the mark of its level. */
export const levelClass = (level: Level) => (level === "calm" ? "" : ` up ${level}`);
