/** Words of the full view's first figures; they come with it. */
export interface FullWords {
  /** Heads of the columns. */
  columns: Record<"used" | "temp" | "power" | "room" | "spark" | "needed" | "safety", string>;
  waitingForGpus: string;
  openGpu: string;
  /** Nobody holds VRAM. */
  nothing: string;
  running: string;
  max: string;
  fullscreen: string;
  noFullscreen: string;
  host: { cpu: string; memory: string; driver: string };
}
