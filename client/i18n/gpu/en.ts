import type { GpuWords } from "./words.ts";

export const gpuEn: GpuWords = {
  free: "Free",
  fan: "Fan",
  pstate: "Performance state",
  memoryBandwidth: "Memory bandwidth",
  reserved: "Kept by the driver",
  throttle: "Throttled",
  no: "no",
  throttleReasons: {
    "applications-clocks": "application clocks",
    "power-cap": "power limit",
    "hw-slowdown": "hardware slowdown",
    "sync-boost": "sync boost",
    "sw-thermal": "thermal (software)",
    "hw-thermal": "thermal (hardware)",
    "hw-power-brake": "power brake",
    "display-clocks": "display clocks",
  },
  noProcesses: "No compute process is visible. In a container this needs the host's PID namespace.",
  processesUnknown: "Not known yet.",
  process: "Process",
  pid: "PID",
};
