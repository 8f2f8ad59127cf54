/** Words of a GPU's processes and slower figures, which stand in a fold. */
export interface GpuWords {
  free: string;
  fan: string;
  pstate: string;
  memoryBandwidth: string;
  reserved: string;
  throttle: string;
  no: string;
  throttleReasons: Record<string, string>;
  noProcesses: string;
  processesUnknown: string;
  process: string;
  pid: string;
}
