import type { Policy } from "../../../server/capacity/policy.ts";
import { over, type Sum, type Who } from "./bench.ts";
import { CROWD, EXCLUDING, MACHINES, type Machine, PATIENT } from "./world/machines.ts";

export interface Ablation {
  rule: string;
  change: Partial<Policy>;
}

/** Each rule switched off, or turned to what the study found to be worse. */
export const ABLATIONS: readonly Ablation[] = [
  { rule: "as shipped", change: {} },
  { rule: "1 no reserve", change: { reserveMiB: 0 } },
  { rule: "1 reserve of 1,024 MiB", change: { reserveMiB: 1024 } },
  { rule: "1 idle processes are promised their peak", change: { idleHoldsOnly: false } },
  { rule: "2 no fresh list before a yes", change: { freshList: false } },
  { rule: "3 no margin on what was measured", change: { marginSampled: 1, marginReported: 1 } },
  { rule: "3 unknown × 1.3", change: { marginPublished: 1.3 } },
  { rule: "3 nothing raised after an out-of-memory", change: { raise: 1 } },
  { rule: "3 the last peak alone", change: { keptPeaks: 1 } },
  { rule: "3 no nearest size", change: { nearest: false } },
  { rule: "4 the margin is not capped", change: { capMargin: false } },
  { rule: "6 no pids", change: { usePids: false } },
  { rule: "6 jobs in one process are added up", change: { together: false } },
  {
    rule: "7 nobody reserves",
    change: { patience: Number.POSITIVE_INFINITY, patienceUnknown: Number.POSITIVE_INFINITY },
  },
  { rule: "7 everybody reserves at once", change: { patience: 0, patienceUnknown: 0 } },
  { rule: "7 first in, first out", change: { passing: false } },
  { rule: "7 worst fit", change: { bestFit: false } },
  { rule: "9 plain order of asking", change: { fair: false } },
  { rule: "10 a yes holds nothing", change: { ticketHoldMs: 0 } },
  { rule: "11 strangers are expected to stay as they are", change: { publishedMiB: [] } },
  { rule: "12 fallen to 0.9 of its peak is idle", change: { fallenShare: 0.9 } },
];

export interface AblationRow {
  rule: string;
  who: Who;
  /** Against the shipped rules' `perfect`. */
  vramTime: number;
  finished: number;
  /** Per 1,000 starts. */
  outOfMemory: { bookkeeping: number; figures: number; visitor: number };
  waitS: number;
  /** Longest wait where jobs take under a minute, in mean durations. */
  longestWait: number;
  /** Mean wait of who has one job at a time beside others' 295, seconds. */
  waitOfOne: number;
}

const MINUTES = 20;

export function runAblation(
  seeds: readonly number[],
  only: (rule: string) => boolean,
  say: (row: AblationRow) => void,
): void {
  const settings = { noise: 0.045, wrong: 0, minutes: MINUTES };
  const machines: readonly Machine[] = MACHINES;
  const perfect = machines.map((machine) => over(seeds, { ...settings, machine, who: "perfect" }));
  for (const { rule, change } of ABLATIONS.filter((one) => only(one.rule))) {
    // The queue is for those who declare.
    const whom = /^[79]/.test(rule) ? (["declared"] as const) : (["declared", "undeclared"] as const);
    for (const who of whom) {
      const sums = machines.map((machine) => over(seeds, { ...settings, machine, who, change }));
      const ratio = (of: (sum: Sum) => number) =>
        sums.reduce((total, sum, i) => total + of(sum) / of(perfect[i] ?? sum), 0) / sums.length;
      const starts = sums.reduce((total, sum) => total + sum.starts, 0);
      const per = (of: (sum: Sum) => number) =>
        (1000 * sums.reduce((total, sum) => total + of(sum), 0)) / starts;
      const declared = who === "declared";
      const patient = declared ? over(seeds, { ...settings, machine: PATIENT, who, change }) : null;
      const crowd =
        declared && rule.match(/shipped|^9/)
          ? over(seeds.slice(0, 1), { ...settings, machine: CROWD, who, change })
          : null;
      say({
        rule,
        who,
        vramTime: ratio((sum) => sum.vramTime),
        finished: ratio((sum) => sum.finished),
        outOfMemory: {
          bookkeeping: per((sum) => sum.outOfMemory.bookkeeping),
          figures: per((sum) => sum.outOfMemory.measured + sum.outOfMemory.first),
          visitor: per((sum) => sum.outOfMemory.visitor),
        },
        waitS: sums.reduce((total, sum) => total + sum.waitS, 0) / sums.length,
        longestWait: patient?.longestWait ?? 0,
        waitOfOne: crowd === null ? 0 : ((crowd.waitOf[2] ?? 0) + (crowd.waitOf[3] ?? 0)) / 2,
      });
    }
  }
  if (!only("8")) return;
  const both = { ...settings, machine: EXCLUDING };
  const known = over(seeds, { ...both, who: "perfect" });
  for (const release of [false, true]) {
    const sum = over(seeds, { ...both, machine: { ...EXCLUDING, release }, who: "declared" });
    say({
      rule: `8 two residents, release on request ${release ? "on" : "off"}`,
      who: "declared",
      vramTime: sum.vramTime / known.vramTime,
      finished: sum.finished / known.finished,
      outOfMemory: { bookkeeping: 0, figures: 0, visitor: 0 },
      waitS: sum.waitS,
      longestWait: sum.longestWait,
      waitOfOne: 0,
    });
  }
}
