/** Every word of the panel. `{name}` places are filled with {@link import("../../shared/problems/fill-in.ts").fillIn}. */
export interface Messages {
  title: string;
  connection: Record<"connecting" | "live" | "stale" | "offline" | "refused", string>;
  connectionAdvice: Record<"connecting" | "stale" | "offline", string>;
  sourceStatus: Record<"starting" | "stale" | "failed", string>;
  everySeconds: string;
  demo: { label: string; askedFor: string; noNvidiaSmi: string; advice: string };
  waitingForGpus: string;
  noGpus: string;
  gpu: string;
  gpuLost: string;
  vram: string;
  free: string;
  notReported: string;
  temperature: string;
  utilization: string;
  power: string;
  fan: string;
  details: string;
  hiddenName: string;
  concurrency: {
    title: string;
    more: string;
    noneFits: string;
    unknown: string;
    old: string;
    profile: string;
    how: string;
    basis: Record<"measured" | "configured" | "published", string>;
    source: string;
    caution: string;
    perJob: string;
    short: string;
  };
  release: {
    button: string;
    short: string;
    title: string;
    hint: string;
    /** Why the button waits. */
    missing: { connection: string; samples: string };
  };
  timeline: {
    title: string;
    minutes: string;

    empty: string;
    loading: string;
    ago: string;
    now: string;
  };
  settings: { theme: string; auto: string; light: string; dark: string };
  host: { load: string; memory: string; driver: string };
  advice: string;
}
