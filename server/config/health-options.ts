import * as v from "valibot";
import type { RuleId } from "../../shared/health/alert.ts";

const figure = (least: number, most: number, usual: number) =>
  v.optional(
    v.pipe(v.number(), v.minValue(least, `at least ${least}`), v.maxValue(most, `at most ${most}`)),
    usual,
  );
type Setting = ReturnType<typeof figure>;
const percent = (usual: number) => figure(0, 100, usual);
/** How long it has to last. */
const seconds = (usual: number) => figure(0, 3600, usual);

type Order = readonly [below: string, above: string];

/** Settings of which one is to be below the other: between them lies the hysteresis. */
function inOrder(values: Readonly<Record<string, number>>, [below, above]: Order): boolean {
  return (values[below] ?? 0) < (values[above] ?? 0);
}

/** The settings of one rule, or `false` to turn it off. */
function rule<const T extends Record<string, Setting>>(entries: T, order?: Order) {
  const settings = v.pipe(
    v.strictObject(entries),
    v.check(
      (values) => order === undefined || inOrder(values, order),
      () => `${order?.[0]} is to be below ${order?.[1]}`,
    ),
  );
  const off = v.literal(false);
  // Not a union: its complaint would not name the field.
  const either = v.lazy((input): typeof settings | typeof off => (input === false ? off : settings));
  return v.optional(either, () => v.parse(settings, {}));
}

/** The red lines. Defaults are those of the reports of users, where they name a figure. */
export const alertRulesSchema = v.strictObject({
  "low-utilization": rule({ dangerPct: percent(60), healthyPct: percent(75), seconds: seconds(10) }, [
    "dangerPct",
    "healthyPct",
  ]),
  /** 14.8 and 14.2 of 15 GB. */
  "vram-red-line": rule({ dangerPct: percent(98.7), healthyPct: percent(94.7), seconds: seconds(10) }, [
    "healthyPct",
    "dangerPct",
  ]),
  recompiling: rule({ seconds: seconds(20) }),
  "vae-decode-peak": rule({ seconds: seconds(5) }),
  "cache-not-returned": rule({ goodJobs: figure(1, 10, 3) }),
  "one-gpu-full": rule({ fullPct: percent(95), othersPct: percent(30), seconds: seconds(20) }, [
    "othersPct",
    "fullPct",
  ]),
  leak: rule({ jobs: figure(2, 10, 3), perJobMiB: figure(1, 100_000, 64) }),
  "temperature-rising": rule({ riseC: figure(1, 50, 6), hours: figure(1, 6, 3) }),
  "thermal-throttling": rule({ seconds: seconds(10) }),
  "power-brake": rule({ seconds: seconds(10) }),
  "fan-stopped": rule({ hotC: figure(0, 150, 80), coolC: figure(0, 150, 70), seconds: seconds(10) }, [
    "coolC",
    "hotC",
  ]),
  "gpu-lost": rule({ seconds: seconds(5) }),
  "gpu-needs-reset": rule({}),
  "ecc-errors": rule({}),
  "pcie-degraded": rule({}),
  xid: rule({}),
  /** 7.0 and 3.0 on four cores. */
  "cpu-load": rule(
    {
      dangerPerCore: figure(0, 100, 1.75),
      healthyPerCore: figure(0, 100, 0.75),
      seconds: seconds(30),
    },
    ["healthyPerCore", "dangerPerCore"],
  ),
  "cpu-limit": rule({ dangerPct: percent(50), healthyPct: percent(20), seconds: seconds(30) }, [
    "healthyPct",
    "dangerPct",
  ]),
  "host-memory": rule({ dangerPct: percent(97), healthyPct: percent(92), seconds: seconds(10) }, [
    "healthyPct",
    "dangerPct",
  ]),
  "process-killed": rule({}),
} satisfies Record<RuleId, unknown>);
export type AlertRules = v.InferOutput<typeof alertRulesSchema>;
