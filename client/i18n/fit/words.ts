import type { FitOption } from "../../../shared/capacity/fit.ts";

/** The words of what would make a job fit. */
export interface FitWords {
  title: string;
  missing: string;
  never: string;
  release: string;
  restart: string;
  wait: string;
  waitUnknown: string;
  tiling: string;
  other: Record<Exclude<FitOption["kind"], "release" | "restart" | "wait" | "vae-tiling">, string>;
  enough: string;
  notEnough: string;
  choose: string;
  nothing: string;
}
