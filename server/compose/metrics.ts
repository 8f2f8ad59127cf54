import type { State } from "../../shared/protocol/state.ts";
import type { Release } from "../../shared/release/release.ts";
import type { Jobs } from "../capacity/jobs.ts";
import type { Disposer } from "../lib/disposer.ts";
import { metrics } from "../recording/prometheus/metrics.ts";
import { type Exposition, render } from "../recording/prometheus/render.ts";
import { createTally } from "../recording/prometheus/tally.ts";
import type { Sampler } from "../sampling/sampler.ts";

export interface MetricsDeps {
  disposer: Disposer;
  version: string;
  sampler: Pick<Sampler, "onSample" | "latest" | "nowMs">;
  jobs: Pick<Jobs, "onEnd">;
  releases: { onRelease(listener: (release: Release) => void): () => void };
  state(): State;
  viewers(): number;
}

/** Counts what happens and answers scrapes of `/metrics`. */
export function composeMetrics(deps: MetricsDeps): () => Promise<Exposition> {
  const { disposer, version, sampler, jobs, releases } = deps;
  const tally = createTally();
  const startedAtMs = Date.now() - process.uptime() * 1000;
  disposer.add(sampler.onSample(tally.sample));
  disposer.add(jobs.onEnd(({ job }) => tally.jobEnded(job)));
  disposer.add(releases.onRelease(tally.release));
  return () => {
    const { seq, tMs } = sampler.latest();
    const { user, system } = process.cpuUsage();
    const figures = {
      version,
      startedAtMs,
      lastSampleAtMs: seq === 0 ? null : Date.now() - (sampler.nowMs() - tMs),
      residentMiB: process.memoryUsage.rss() / 1024 / 1024,
      cpuSeconds: (user + system) / 1e6,
      viewers: deps.viewers(),
    };
    return render(metrics(deps.state(), tally.counts(), figures));
  };
}
