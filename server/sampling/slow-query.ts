import type { SlowReading } from "../health/moment.ts";
import { parseFigure, parseText } from "./parse-cell.ts";
import { refusedField } from "./query.ts";
import { runOnce } from "./run-once.ts";

/**
 * Asks, by a query of its own, for figures that change seldom and make the driver work harder. All drivers since 390
 * know these fields; one that is refused all the same is not asked for again.
 */
export interface SlowQuery {
  /** By UUID; `null` when nothing was learned. Never throws. */
  read(): Promise<ReadonlyMap<string, SlowReading> | null>;
  close(): void;
}

const FIELDS = {
  eccUncorrected: "ecc.errors.uncorrected.volatile.total",
  pcieGen: "pcie.link.gen.current",
  pcieGenMax: "pcie.link.gen.max",
  pcieWidth: "pcie.link.width.current",
  pcieWidthMax: "pcie.link.width.max",
  busId: "pci.bus_id",
} as const;
type Key = keyof typeof FIELDS;

/**
 * @param nowMs epoch milliseconds
 * @param timeoutMs for one answer
 */
export function createSlowQuery(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  nowMs: () => number,
  timeoutMs: number,
): SlowQuery {
  const closing = new AbortController();
  let keys: Key[] = ["eccUncorrected", "pcieGen", "pcieGenMax", "pcieWidth", "pcieWidthMax", "busId"];

  async function read(): Promise<ReadonlyMap<string, SlowReading> | null> {
    const fields = ["uuid", ...keys.map((key) => FIELDS[key])].join(",");
    const args = [`--query-gpu=${fields}`, "--format=csv,noheader,nounits"];
    const result = await runOnce(command, args, env, closing.signal, timeoutMs);
    if (closing.signal.aborted) return null;
    if (result.ok) return parse(result.output);
    const refused = refusedField(result.ending.lastWords);
    const fewer = keys.filter((key) => FIELDS[key] !== refused);
    if (fewer.length === keys.length || fewer.length === 0) return null;
    keys = fewer;
    return read();
  }

  function parse(output: string): ReadonlyMap<string, SlowReading> {
    const byGpu = new Map<string, SlowReading>();
    for (const line of output.split(/\r?\n/)) {
      const [uuid, ...cells] = line.split(",").map((cell) => cell.trim());
      if (uuid === undefined || !/^(?:GPU|MIG)-/.test(uuid) || cells.length !== keys.length) continue;
      const cell = (key: Key) => (keys.includes(key) ? cells[keys.indexOf(key)] : undefined);
      byGpu.set(uuid, {
        atMs: nowMs(),
        eccUncorrected: parseFigure(cell("eccUncorrected")),
        pcieGen: parseFigure(cell("pcieGen")),
        pcieGenMax: parseFigure(cell("pcieGenMax")),
        pcieWidth: parseFigure(cell("pcieWidth")),
        pcieWidthMax: parseFigure(cell("pcieWidthMax")),
        busId: parseText(cell("busId")),
      });
    }
    return byGpu;
  }

  return { read, close: () => closing.abort() };
}
