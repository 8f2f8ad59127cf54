import { createNvidiaSmiSource } from "../../server/sampling/nvidia-smi-source.ts";
import { createSampler, type Sampler, type SamplerOptions } from "../../server/sampling/sampler.ts";
import { TIMINGS } from "../../server/timings.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import type { SourceState } from "../../shared/protocol/state.ts";
import type { FakeNvidiaSmi } from "./fake-nvidia-smi.ts";
import { waitUntil } from "./wait-until.ts";

/** A sampler on a fake nvidia-smi, with everything it has said. */
export interface RecordedSampler extends Sampler {
  samples: Sample[];
  sources: SourceState[];
  /** Waits for a sample for which `holds`. */
  sampleWhere(holds: (sample: Sample) => boolean, what: string): Promise<Sample>;
  /** Waits until the source's state `holds`. */
  sourceWhere(holds: (source: SourceState) => boolean, what: string): Promise<SourceState>;
}

export function recordSampler(fake: FakeNvidiaSmi, options: Partial<SamplerOptions> = {}): RecordedSampler {
  const intervalMs = options.intervalMs ?? 200;
  const timings = { ...TIMINGS, ...options.timings };
  const source = createNvidiaSmiSource([fake.path], intervalMs, { ...process.env, ...fake.env }, timings);
  const sampler = createSampler(source, { intervalMs, gpus: null, demoReason: null, ...options, timings });
  const samples: Sample[] = [];
  const sources: SourceState[] = [];
  sampler.start({
    sample: (sample) => samples.push(sample),
    source: (state) => sources.push(state),
    jump() {},
  });
  return {
    ...sampler,
    samples,
    sources,
    sampleWhere(holds, what) {
      const from = samples.length;
      return waitUntil(() => samples.slice(from).find(holds), { timeoutMs: 40_000, what });
    },
    sourceWhere: (holds, what) =>
      waitUntil(() => (holds(sampler.source()) ? sampler.source() : null), {
        timeoutMs: 40_000,
        what: () => `${what}; the source says ${JSON.stringify(sampler.source())}`,
      }),
  };
}
