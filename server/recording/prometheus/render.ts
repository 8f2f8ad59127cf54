import type { Metric } from "./metric.ts";

/** Metrics in Prometheus' text format, and its media type. */
export interface Exposition {
  contentType: string;
  text: string;
}

/** Renders with `prom-client`, which is loaded at the first scrape: most sidecars are never scraped. */
export async function render(metrics: readonly Metric[]): Promise<Exposition> {
  const { Counter, Gauge, Registry } = await import("prom-client");
  const registry = new Registry();
  for (const { name, help, type, samples } of metrics) {
    const labelNames = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))];
    const options = { name, help, labelNames, registers: [registry] };
    if (type === "counter") {
      const one = new Counter(options);
      for (const { labels, value } of samples) one.inc(labels, value);
    } else {
      const one = new Gauge(options);
      for (const { labels, value } of samples) one.set(labels, value);
    }
  }
  return { contentType: registry.contentType, text: await registry.metrics() };
}
