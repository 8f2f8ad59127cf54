import { type Gpu, type GpuProcess, UNKNOWN_READING } from "../../shared/gpu/gpu.ts";
import type { BackendWord } from "../capacity/model.ts";
import type { BackendNote, DecisionInput, Figures } from "../recording/decisions/input.ts";

/** The machine as the record has it, input by input. */
export interface RecordedMachine {
  take(input: DecisionInput): void;
  gpus(): readonly Gpu[];
  /** Indexes, in the order in which samples and lists name them. */
  indexes(): readonly number[];
  /** What backends last said of themselves. */
  words(): BackendWord[];
}

export function createMachine(): RecordedMachine {
  let known: readonly Gpu[] = [];
  let figures: readonly Figures[] = [];
  let made: readonly Gpu[] | null = null;
  const backends = new Map<string, BackendNote>();

  function takeNote(note: Extract<DecisionInput, { kind: "note" }>["note"]) {
    if (note.topic === "backends") for (const one of note.backends) backends.set(one.id, one);
    if (note.topic !== "gpus") return;
    const before = known;
    // A list is told anew only where it differs: it goes with its GPU.
    known = note.gpus.map((one, i) => ({
      ...UNREAD,
      processes: before[i]?.uuid === one.uuid ? (before[i]?.processes ?? null) : null,
      ...one,
    }));
    made = null;
  }

  return {
    take(input) {
      if (input.kind === "note") return takeNote(input.note);
      made = null;
      if (input.kind === "sample") figures = input.gpus;
      else known = known.map((gpu, i) => (i === input.gpu ? withList(gpu, input.processes) : gpu));
    },
    gpus() {
      made ??= known.map((gpu, i) => ({ ...gpu, ...readingOf(figures[i]) }));
      return made;
    },
    indexes: () => known.map(({ index }) => index),
    words: () =>
      [...backends.values()].flatMap(({ id, reachable, busy, queue }) =>
        reachable === false || busy === null
          ? []
          : [{ backend: id, pid: null, busy: busy || (queue ?? 0) > 0 }],
      ),
  };
}

/** What the record does not tell of a GPU. */
const UNREAD = {
  ...UNKNOWN_READING,
  ...{
    memoryReservedMiB: null,
    utilizationMemoryPct: null,
    powerLimitW: null,
    fanPct: null,
    pstate: null,
    throttle: null,
  },
};

function readingOf(figures: Figures = []) {
  const [used = null, free = null, reserved = null, utilization = null] = figures;
  return {
    ...{ memoryUsedMiB: used, memoryFreeMiB: free, memoryReservedMiB: reserved },
    utilizationGpuPct: utilization,
  };
}

const withList = (gpu: Gpu, processes: readonly GpuProcess[] | null): Gpu => ({
  ...gpu,
  processes: processes === null ? null : [...processes],
});
