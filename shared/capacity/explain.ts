import { fillIn } from "../problems/fill-in.ts";
import type { GpuCapacity } from "./concurrency.ts";
import type { Usefulness } from "./useful.ts";

/** The arithmetic of a recommendation in words; `{name}` places are filled with figures in MiB. */
export interface CapacityWords {
  arithmetic: string;
  noRoom: string;
  /** The same where something is promised to what runs. */
  arithmeticPromised: string;
  noRoomPromised: string;
  notReported: string;
  /** Added sentences. */
  weightsLoaded: string;
  reclaimable: string;
  running: string;
  notFaster: string;
  unified: string;
}

/** The recommendation's own arithmetic as a sentence. */
export function explainCapacity(capacity: GpuCapacity, words: CapacityWords): string {
  const { canStart, freeMiB, reserveMiB, promisedMiB, perJobMiB } = capacity;
  if (canStart === null || freeMiB === null || reserveMiB === null) return words.notReported;
  // The terms are shown in whole MiB, so that is what they are added up as.
  const promised = Math.round(promisedMiB ?? 0);
  const room = Math.round(freeMiB) - promised - Math.round(reserveMiB);
  const figures = {
    free: grouped(freeMiB),
    promised: grouped(promised),
    reserve: grouped(reserveMiB),
    perJob: grouped(perJobMiB),
    // Rounded down as the answer is: 1.999 shown as 2.00 would contradict it.
    ratio: (Math.floor((room * 100) / perJobMiB) / 100).toFixed(2),
    n: canStart,
    missing: grouped(perJobMiB - room),
  };
  if (promised === 0) return fillIn(canStart === 0 ? words.noRoom : words.arithmetic, figures);
  return fillIn(canStart === 0 ? words.noRoomPromised : words.arithmeticPromised, figures);
}

/** What else the answer rests on, one sentence each; empty where there is nothing to add. */
export function explainFurther(
  capacity: GpuCapacity,
  words: CapacityWords,
  useful: Usefulness | null = null,
): string[] {
  const { canStart, running, recommendedMax, reclaimableMiB, weightsLoaded } = capacity;
  if (canStart === null) return [];
  const figures = {
    reclaimable: grouped(reclaimableMiB ?? 0),
    running: running ?? 0,
    n: canStart,
    max: recommendedMax ?? 0,
    util: Math.round(useful?.utilizationPct ?? 0),
  };
  const sentences = [
    (running ?? 0) > 0 && words.running,
    weightsLoaded && words.weightsLoaded,
    (reclaimableMiB ?? 0) > 0 && words.reclaimable,
    canStart > 0 && useful?.verdict === "not-faster" && words.notFaster,
  ];
  return sentences.flatMap((sentence) => (sentence === false ? [] : [fillIn(sentence, figures)]));
}

/** 39500 → "39,500"; both languages group so. */
function grouped(mib: number): string {
  return String(Math.round(mib)).replace(/\B(?=(\d{3})+$)/g, ",");
}
