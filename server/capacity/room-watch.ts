import type { GpuRoom } from "../../shared/capacity/concurrency.ts";
import type { Gpu, GpuProcess } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import { createEmitter } from "../lib/emitter.ts";
import type { GpuNow, GpuView } from "./room.ts";

/** What the watch needs of the sampler. */
export interface RoomSamples {
  latest(): Sample;
  isLive(): boolean;
  nowMs(): number;
  onSample(listener: (sample: Sample) => void): () => void;
  /** Keeps the sampling fast; returns the end of it. */
  holdFast(): () => void;
  refreshProcesses(): Promise<void>;
}

/** What is known of a GPU beside its readings. */
export interface KnownRoom {
  /** Its own VRAM, or the host's memory where they share it. */
  room: GpuRoom;
  reserveMiB: number | null;
  /** VRAM that programs without a marker will still take. */
  unmarkedMiB: number;
}

/** The room on every GPU as the samples tell it. */
export interface RoomWatch {
  now(): GpuNow[];
  /** Called after each sample. */
  onChange(listener: () => void): () => void;
  /** Samples come fast while there are jobs, and processes are asked for while one waits for what another holds. */
  setNeed(need: { samples: boolean; processes: boolean }): void;
  close(): void;
}

/** What is known of the processes on one GPU, and the least free VRAM from just before they were listed until now. */
interface Listing {
  processes: Gpu["processes"];
  listedAtMs: number;
  leastFreeMiB: number | null;
  lastFreeMiB: number | null;
}

/** A list of processes tells who holds what for so long. */
const LIST_AGE_MS = 15_000;
/** A process query starts an nvidia-smi: this often at most, and seldom enough to cost 5 % of one core. */
const ASK_REST_MS = 4000;
const ASK_REST_FACTOR = 20;

export function createRoomWatch(samples: RoomSamples, knownOf: (gpu: Gpu) => KnownRoom): RoomWatch {
  const changes = createEmitter<void>();
  const listings = new Map<string, Listing>();
  let need = { samples: false, processes: false };
  let endFast: (() => void) | undefined;
  let asked = false;
  let asking = false;
  let askAgainAtMs = 0;
  let closed = false;

  function follow({ gpus, tMs }: Sample) {
    for (const gpu of gpus) {
      const before = listings.get(gpu.uuid);
      const { processes, memoryFreeMiB: free } = gpu;
      const fresh = before === undefined || before.processes !== processes;
      // A process that held VRAM when it was listed may have given it back before this sample, or taken it since the
      // one before: only the least of both is sure to have been free beside what it held.
      const floor = fresh ? (before?.lastFreeMiB ?? null) : before.leastFreeMiB;
      listings.set(gpu.uuid, {
        processes,
        listedAtMs: fresh ? tMs : before.listedAtMs,
        leastFreeMiB: floor === null || free === null ? null : Math.min(floor, free),
        lastFreeMiB: free,
      });
    }
    changes.emit();
    ask();
  }

  function ask() {
    if (!need.processes || asking || closed || samples.nowMs() < askAgainAtMs || !samples.isLive()) return;
    asking = true;
    const startedAt = samples.nowMs();
    const rest = () => {
      const now = samples.nowMs();
      asked = true;
      asking = false;
      askAgainAtMs = now + Math.max(ASK_REST_MS, ASK_REST_FACTOR * (now - startedAt));
    };
    samples.refreshProcesses().then(rest, rest);
  }

  const unsubscribe = samples.onSample(follow);

  function viewsOf(gpu: Gpu, { memoryFreeMiB: freeMiB }: GpuRoom): GpuView[] {
    const { memoryUsedMiB: usedMiB } = gpu;
    if (!samples.isLive() || freeMiB === null) return [];
    const bare: GpuView = { by: "nothing", freeMiB };
    const listing = listings.get(gpu.uuid);
    if (listing === undefined) return [bare];
    const { processes, leastFreeMiB } = listing;
    if (tellsUse(processes)) {
      const isFresh = samples.nowMs() - listing.listedAtMs < LIST_AGE_MS;
      return isFresh && leastFreeMiB !== null
        ? [bare, { by: "process", freeMiB: leastFreeMiB, processes }]
        : [bare];
    }
    // Nobody has asked yet: the machine may well tell.
    if (processes === null && !asked) return [bare];
    return usedMiB === null ? [bare] : [bare, { by: "growth", freeMiB, usedMiB }];
  }

  return {
    now: () =>
      samples.latest().gpus.map((gpu) => {
        const { room, reserveMiB, unmarkedMiB } = knownOf(gpu);
        return {
          index: gpu.index,
          totalMiB: room.memoryTotalMiB,
          reserveMiB,
          usedMiB: samples.isLive() ? gpu.memoryUsedMiB : null,
          unmarkedMiB,
          views: viewsOf(gpu, room),
        };
      }),
    onChange: changes.subscribe,
    setNeed(next) {
      need = next;
      if (need.samples) endFast ??= samples.holdFast();
      else {
        endFast?.();
        endFast = undefined;
      }
      ask();
    },
    close() {
      closed = true;
      unsubscribe();
      endFast?.();
    },
  };
}

/** In a container of its own and under Windows' driver model the list is empty or without figures. */
function tellsUse(processes: Gpu["processes"]): processes is GpuProcess[] {
  return processes?.some(({ usedMiB }) => usedMiB !== null) ?? false;
}
