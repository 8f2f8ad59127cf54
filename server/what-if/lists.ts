import type { GpuProcess } from "../../shared/gpu/gpu.ts";
import type { Taker } from "../../shared/what-if/what-if.ts";
import { POLICY } from "../capacity/policy.ts";

/** So long before an out-of-memory it is looked for who took VRAM, at most, and at least, however short the job was. */
const LOOK_BACK_MS = 600_000;
const LEAST_MS = 120_000;
/** Whoever has this share of what it took has taken it. */
const TAKEN = 0.9;

interface Listed {
  atMs: number;
  processes: readonly GpuProcess[];
}

export interface Lists {
  /** @param gpu its index; `null`: the driver names nobody */
  take(atMs: number, gpu: number, processes: readonly GpuProcess[] | null): void;
  /** Indexes of GPUs whose last list names such a process. */
  gpusOf(is: (process: GpuProcess) => boolean): number[];
  /** Who took most since the job began, or shortly before it, on one of its GPUs; `null`: nobody is known to. */
  takerBefore(ask: TakerAsk): Omit<Taker, "job"> | null;
}

interface TakerAsk {
  atMs: number;
  sinceMs: number;
  /** Empty: any. */
  gpus: readonly number[];
  isOwn(process: GpuProcess): boolean;
}

/** The lists of processes of the last minutes, by GPU. */
export function createLists(): Lists {
  const kept = new Map<number, Listed[]>();
  return {
    take(atMs, gpu, processes) {
      const lists = kept.get(gpu) ?? [];
      kept.set(gpu, lists);
      lists.push({ atMs, processes: processes ?? [] });
      // The last one from before the window says how the window begins.
      while ((lists[1]?.atMs ?? atMs) <= atMs - LOOK_BACK_MS) lists.shift();
    },
    gpusOf: (is) => [...kept].flatMap(([gpu, lists]) => (lists.at(-1)?.processes.some(is) ? [gpu] : [])),
    takerBefore({ atMs, sinceMs, gpus, isOwn }) {
      const fromMs = Math.max(atMs - LOOK_BACK_MS, Math.min(sinceMs, atMs - LEAST_MS));
      const takers = [...kept].flatMap(([gpu, lists]) =>
        gpus.length === 0 || gpus.includes(gpu) ? takersOf(lists, fromMs, atMs, isOwn) : [],
      );
      return takers.reduce<Omit<Taker, "job"> | null>(
        (most, one) => (most === null || one.tookMiB > most.tookMiB ? one : most),
        null,
      );
    },
  };
}

function takersOf(
  lists: readonly Listed[],
  fromMs: number,
  atMs: number,
  isOwn: (process: GpuProcess) => boolean,
): Omit<Taker, "job">[] {
  const begin = lists.findLast((one) => one.atMs <= fromMs);
  const window = lists.filter((one) => one.atMs > fromMs && one.atMs <= atMs);
  const others = new Map(
    window.flatMap(({ processes }) =>
      processes.filter((one) => !isOwn(one)).map((one) => [one.pid, one] as const),
    ),
  );
  return [...others.values()].flatMap(({ pid, name, backend }) => {
    const heldIn = ({ processes }: Listed) => processes.find((one) => one.pid === pid)?.usedMiB ?? 0;
    const atFirst = begin === undefined ? 0 : heldIn(begin);
    const levels = window.map((list) => ({ atMs: list.atMs, tookMiB: heldIn(list) - atFirst }));
    const tookMiB = Math.max(0, ...levels.map((level) => level.tookMiB));
    if (tookMiB <= POLICY.grewMiB) return [];
    const taken = levels.find((level) => level.tookMiB >= TAKEN * tookMiB);
    const secondsBefore = Math.max(0, Math.round((atMs - (taken?.atMs ?? atMs)) / 1000));
    return [{ pid, name, backend: backend ?? null, tookMiB: Math.round(tookMiB), secondsBefore }];
  });
}
