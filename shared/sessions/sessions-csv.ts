import type { Session, SessionFigures } from "./session.ts";

const COLUMNS = [
  ["Session", ({ label }) => label],
  ["Kind", ({ kind }) => kind],
  ["Start", ({ startedAt }) => new Date(startedAt).toISOString()],
  ["End", ({ endedAt }) => (endedAt === null ? null : new Date(endedAt).toISOString())],
  ["GPU_Index", (_, gpu) => gpu.gpu],
  ["Model", (_, gpu) => gpu.name],
  ["Seconds", (_, gpu) => round(gpu.seconds)],
  ["GPU_Util_Mean(%)", (_, gpu) => round(gpu.utilizationMeanPct)],
  ["GPU_Util_P50(%)", (_, gpu) => gpu.utilizationP50Pct],
  ["GPU_Util_P95(%)", (_, gpu) => gpu.utilizationP95Pct],
  ["Mem_Peak(MiB)", (_, gpu) => gpu.memoryPeakMiB],
  ["Mem_Total(MiB)", (_, gpu) => gpu.memoryTotalMiB],
  ["Temp_Mean(C)", (_, gpu) => round(gpu.temperatureMeanC)],
  ["Temp_Max(C)", (_, gpu) => gpu.temperatureMaxC],
  ["Energy(Wh)", (_, gpu) => round(gpu.energyWh)],
] as const satisfies readonly [string, (session: Session, gpu: SessionFigures) => string | number | null][];

/** Sessions as CSV (RFC 4180), a line for each GPU; what is not known is an empty cell. Pure. */
export function sessionsCsv(sessions: readonly Session[]): string {
  const rows = sessions.flatMap((session) =>
    session.gpus.map((gpu) => COLUMNS.map(([, of]) => quote(of(session, gpu))).join(",")),
  );
  return [COLUMNS.map(([name]) => name).join(","), ...rows, ""].join("\r\n");
}

const round = (value: number | null) => (value === null ? null : Math.round(value * 10) / 10);

function quote(cell: string | number | null): string {
  if (cell === null) return "";
  const text = String(cell);
  // A spreadsheet takes what begins like this for a formula.
  const harmless = typeof cell === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
