import type { State } from "../../shared/protocol/state.ts";
import { wallMs } from "../lib/clock.ts";
import { metrics } from "../recording/prometheus/metrics.ts";
import { type Exposition, render } from "../recording/prometheus/render.ts";
import type { Tally } from "../recording/prometheus/tally.ts";
import type { Sampler } from "../sampling/sampler.ts";

export interface MetricsDeps {
  version: string;
  sampler: Pick<Sampler, "latest" | "nowMs" | "implausible">;
  state(): State;
  viewers(): number;
}

/** Answers scrapes of `/metrics`. */
export function composeMetrics(tally: Tally, deps: MetricsDeps): () => Promise<Exposition> {
  const { version, sampler } = deps;
  const startedAtMs = wallMs() - process.uptime() * 1000;
  return () => {
    const { seq, tMs } = sampler.latest();
    const { user, system } = process.cpuUsage();
    const figures = {
      version,
      startedAtMs,
      lastSampleAtMs: seq === 0 ? null : wallMs() - (sampler.nowMs() - tMs),
      residentMiB: process.memoryUsage.rss() / 1024 / 1024,
      cpuSeconds: (user + system) / 1e6,
      viewers: deps.viewers(),
      implausible: sampler.implausible(),
    };
    return render(metrics(deps.state(), tally.counts(), figures));
  };
}
