/**
 * Words of the first figures. `{name}` places are filled with {@link import("../../shared/problems/fill-in.ts").fillIn};
 * what stands behind a `|` is said more quietly.
 */
export interface Messages {
  title: string;
  brief: string;
  connection: Record<"connecting" | "live" | "stale" | "offline" | "refused", string>;
  sourceStatus: Record<"starting" | "stale" | "failed", string>;
  demo: string;
  noGpus: string;
  gpuLost: string;
  vram: string;
  notReported: string;
  /** Beside the bar, from the level on at which it changes its colour. */
  level: Record<"warm" | "full", string>;
  hiddenName: string;
  util: string;
  temperature: string;
  utilization: string;
  concurrency: {
    title: string;
    more: string;
    moreBrief: string;
    moreShort: string;
    for: string;
    profile: string;
    why: string;
    room: Record<"none" | "one" | "more", string>;
  };
  release: {
    button: string;
    short: string;
    title: string;
    details: string;
  };
  alerts: { one: string; more: string; none: string };
  settings: string;
}
