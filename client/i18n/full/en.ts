import type { FullWords } from "./words.ts";

export const fullEn: FullWords = {
  columns: {
    used: "used",
    temp: "temp",
    power: "power",
    room: "room",
    spark: "2 min",
    needed: "still needed",
    safety: "safety line",
  },
  waitingForGpus: "Reading the GPUs…",
  openGpu: "Details of GPU {index}",
  nothing: "nothing",
  fullscreen: "Fullscreen",
  noFullscreen: "Fullscreen was refused by the browser or the page around",
  running: "{n} running",
  max: "Recommended max: {n} at once",
  host: { cpu: "CPU {load}/{count}", memory: "RAM {used}/{total} GiB", driver: "Driver {version}" },
};
