import { decodeSample } from "../../shared/protocol/sample-codec.ts";
import { GPU_COUNT, withBusySidecar } from "./busy-machine.ts";
import { captureFrames, type Frame } from "./capture-frames.ts";
import { brief, type Section } from "./figure.ts";

const WATCH_MS = 62_000;
const MOST_BYTES_PER_GPU = 25;

/** What goes over the wire to one viewer, from the frames as they came. */
export const wireSection: Section = async () => {
  const frames = await withBusySidecar(({ url }) => captureFrames(url, WATCH_MS));
  const samples = frames.filter(({ event }) => event === "sample").map(readSample);
  const minutes = WATCH_MS / 60_000;
  const perMinute = (event: string) =>
    sum(frames.filter((frame) => frame.event === event).map(({ bytes }) => bytes)) / minutes;
  const events = [...new Set(frames.map(({ event }) => event ?? "acknowledgements"))];
  return {
    figures: [
      {
        name: "sample beyond its frame, per GPU (mean)",
        value: mean(samples.map(({ perGpu }) => perGpu)),
        unit: "B",
        aim: MOST_BYTES_PER_GPU,
        baseline: mean(samples.map(({ asObjectsPerGpu }) => asObjectsPerGpu)),
      },
      {
        name: "sample beyond its frame, per GPU (longest)",
        value: Math.max(...samples.map(({ perGpu }) => perGpu)),
        unit: "B",
        aim: MOST_BYTES_PER_GPU,
        baseline: Math.max(...samples.map(({ asObjectsPerGpu }) => asObjectsPerGpu)),
      },
      {
        name: "whole sample (mean)",
        value: mean(samples.map(({ bytes }) => bytes)),
        unit: "B",
        baseline: mean(samples.map(({ asObjectsBytes }) => asObjectsBytes)),
      },
      { name: "samples", value: perMinute("sample"), unit: "B/min" },
      { name: "details", value: perMinute("details"), unit: "B/min" },
      { name: "host", value: perMinute("host"), unit: "B/min" },
    ],
    notes: [
      "Baseline: the same sample as JSON objects with names. Payloads; a frame's own head is 2 or 4 bytes more.",
      ...events.map((event) => countOf(event, frames)),
    ],
  };
};

function readSample({ text, bytes }: Frame) {
  const [, wire] = JSON.parse(text.slice(2)) as [string, (number | null)[]];
  const sample = decodeSample(wire, GPU_COUNT);
  if (sample === null) throw new Error(`not a sample of ${GPU_COUNT} GPUs: ${text}`);
  const { seq, tMs, readings } = sample;
  const empty = frameBytes([seq, tMs]);
  const asObjectsBytes = frameBytes({ seq, tMs, gpus: readings });
  const asObjectsEmpty = frameBytes({ seq, tMs, gpus: [] });
  return {
    bytes,
    perGpu: (bytes - empty) / GPU_COUNT,
    asObjectsBytes,
    asObjectsPerGpu: (asObjectsBytes - asObjectsEmpty) / GPU_COUNT,
  };
}

function frameBytes(sample: unknown): number {
  return Buffer.byteLength(`42${JSON.stringify(["sample", sample])}`);
}

function countOf(event: string, frames: readonly Frame[]): string {
  const own = frames.filter((frame) => (frame.event ?? "acknowledgements") === event);
  const sizes = own.map(({ bytes }) => bytes);
  return `${event}: ${own.length} in ${WATCH_MS / 1000} s, ${brief(mean(sizes))} B each, longest ${Math.max(...sizes)} B`;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
