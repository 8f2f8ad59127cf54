import { fillIn } from "../../../shared/problems/fill-in.ts";
import { gib } from "../../i18n/format.ts";
import type { RoomWords } from "../../i18n/room/words.ts";
import { rangesOf } from "./ranges.ts";
import { roomsOf } from "./rooms-of.ts";
import type { Capacity } from "./use-capacity.ts";

/**
 * Where the next job can start, or why none can; `null` while nothing is known. Pure.
 * @param brief beside "0 more", which says the rest
 */
export function verdictOf(
  capacity: Capacity | null,
  words: RoomWords["verdict"],
  brief = false,
): string | null {
  if (capacity === null) return null;
  const { canStart, perGpu, fresh } = capacity;
  if (!fresh) return words.old;
  if (canStart === null) return words.unknown;
  if (canStart > 0) {
    const on = perGpu.filter((fit) => (fit.canStart ?? 0) > 0).map(({ gpu }) => gpu.index);
    return fillIn(words.on, { gpus: rangesOf(on) });
  }
  const missing = missingMiB(capacity);
  return missing === null ? words.none : fillIn(brief ? words.brief : words.short, { gib: gib(missing) });
}

/** By how much the GPU with the most room falls short of one job; `null` where that is not the whole of it. */
function missingMiB(capacity: Capacity): number | null {
  const { perGpu, profile } = capacity;
  if (profile.gpus > 1) return null;
  const roomsMiB = roomsOf(capacity);
  const missing = perGpu.flatMap(({ perJobMiB }, i) => {
    const room = roomsMiB[i];
    return room === undefined || room === null ? [] : [perJobMiB - room];
  });
  const least = Math.min(...missing);
  return Number.isFinite(least) && least > 0 ? least : null;
}
