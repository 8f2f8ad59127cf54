import type { GpuRoom } from "../../shared/capacity/concurrency.ts";
import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { Sample } from "../../shared/gpu/sample.ts";
import { createEmitter } from "../lib/emitter.ts";
import { followListing, type Listing, noteEnded, tellsUse, viewsOf } from "./gpu-views.ts";
import type { GpuNow } from "./room.ts";

/** What the watch needs of the sampler. */
export interface RoomSamples {
  latest(): Sample;
  isLive(): boolean;
  nowMs(): number;
  onSample(listener: (sample: Sample) => void): () => void;
  /** Keeps the sampling fast; returns the end of it. */
  holdFast(): () => void;
  /** Has the processes listed every 10 s, besides whenever VRAM has moved; returns the end of it. */
  holdProcesses(): () => void;
  /** Was there an answer to the question for processes, even that there is none? */
  processesAsked(): boolean;
}

/** What is known of a GPU beside its readings. */
export interface KnownRoom {
  /** Its own VRAM, or the host's memory where they share it. */
  room: GpuRoom;
  reserveMiB: number | null;
  /** VRAM that programs without a marker will still take. */
  unmarkedMiB: number;
  /** What those may have given back since the processes were listed: free now, and theirs. */
  regainedMiB: number;
}

/** The room on every GPU as the samples tell it. */
export interface RoomWatch {
  now(): GpuNow[];
  /** A running job has ended that was the only one in its process. */
  ended(job: { pid: number; gpus: readonly number[]; startedAtMs: number }): void;
  /** Called after each sample. */
  onChange(listener: () => void): () => void;
  /** Samples come fast while there are jobs, and processes are asked for while one waits for what another holds. */
  setNeed(need: { samples: boolean; processes: boolean }): void;
  close(): void;
}

export function createRoomWatch(samples: RoomSamples, knownOf: (gpu: Gpu) => KnownRoom): RoomWatch {
  const changes = createEmitter<void>();
  const listings = new Map<string, Listing>();
  // A machine that has told once who holds what tells always: an empty list of it is that of a GPU without jobs, one
  // that failed says nothing.
  let tells = false;
  let endFast: (() => void) | undefined;
  let endProcesses: (() => void) | undefined;

  const unsubscribe = samples.onSample(({ gpus, tMs }) => {
    for (const gpu of gpus) listings.set(gpu.uuid, followListing(listings.get(gpu.uuid), gpu, tMs));
    tells ||= gpus.some(({ processes }) => tellsUse(processes));
    changes.emit();
  });

  function end() {
    endFast?.();
    endProcesses?.();
    endFast = undefined;
    endProcesses = undefined;
  }

  return {
    now() {
      const isLive = samples.isLive();
      const nowMs = samples.nowMs();
      const hides = samples.processesAsked() && !tells;
      return samples.latest().gpus.map((gpu) => {
        const { room, reserveMiB, unmarkedMiB, regainedMiB } = knownOf(gpu);
        const seen = { ...gpu, memoryFreeMiB: room.memoryFreeMiB };
        return {
          index: gpu.index,
          totalMiB: room.memoryTotalMiB,
          reserveMiB,
          usedMiB: isLive ? gpu.memoryUsedMiB : null,
          unmarkedMiB,
          regainedMiB,
          views: isLive ? viewsOf(seen, listings.get(gpu.uuid), nowMs, hides) : [],
        };
      });
    },
    ended(job) {
      for (const { index, uuid } of samples.latest().gpus) {
        const listing = listings.get(uuid);
        if (listing !== undefined && job.gpus.includes(index)) listings.set(uuid, noteEnded(listing, job));
      }
    },
    onChange: changes.subscribe,
    setNeed(need) {
      if (need.samples) endFast ??= samples.holdFast();
      else {
        endFast?.();
        endFast = undefined;
      }
      if (need.processes) endProcesses ??= samples.holdProcesses();
      else {
        endProcesses?.();
        endProcesses = undefined;
      }
    },
    close() {
      unsubscribe();
      end();
    },
  };
}
