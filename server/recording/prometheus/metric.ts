/** One value of a metric with its labels. */
export interface MetricSample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** A metric by Prometheus' conventions: base units (bytes, seconds, celsius, ratio) and a counter's `_total`. */
export interface Metric {
  name: string;
  help: string;
  type: "gauge" | "counter";
  samples: readonly MetricSample[];
}

/** A value with its labels; `null` where it is not known, which is not exported at all, never as 0. */
export type Known = readonly [labels: Readonly<Record<string, string>>, value: number | boolean | null];

/** A gauge of what is known; `null` when nothing is. Pure. */
export function gauge(name: string, help: string, values: readonly Known[]): Metric | null {
  return metric("gauge", name, help, values);
}

/** A counter of what is known; `null` when nothing is. Pure. */
export function counter(name: string, help: string, values: readonly Known[]): Metric | null {
  return metric("counter", name, help, values);
}

function metric(type: Metric["type"], name: string, help: string, values: readonly Known[]): Metric | null {
  const samples = values.flatMap(([labels, value]) =>
    value === null ? [] : [{ labels, value: Number(value) }],
  );
  return samples.length === 0 ? null : { name: `gpu_panel_${name}`, help, type, samples };
}

const BYTES_PER_MIB = 1024 * 1024;

/** MiB as bytes, Prometheus' base unit. */
export const bytes = (mib: number | null) => (mib === null ? null : mib * BYTES_PER_MIB);

/** Percent as a ratio of 1, Prometheus' base unit. */
export const ratio = (pct: number | null) => (pct === null ? null : pct / 100);
