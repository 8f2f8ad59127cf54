import { fillIn } from "../../../shared/problems/fill-in.ts";
import { gib } from "../../i18n/format.ts";
import type { RoomWords } from "../../i18n/room/words.ts";
import { rangesOf } from "./ranges.ts";
import { roomsOf } from "./rooms-of.ts";
import type { Capacity } from "./use-capacity.ts";

/** How many numbers and ranges of GPUs a line has room for beside the figures: four are those of 8 GPUs at most. */
const MOST_STRETCHES = 4;

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
    return placeOf(on, words);
  }
  const missing = missingMiB(capacity);
  return missing === null ? words.none : fillIn(brief ? words.brief : words.short, { gib: gib(missing) });
}

/** GPUs by their numbers, or how many they are where these would take the line from what stands beside. Pure. */
export function placeOf(
  indexes: readonly number[],
  words: Pick<RoomWords["verdict"], "on" | "onMany">,
): string {
  const gpus = rangesOf(indexes);
  const isLong = gpus.split(",").length > MOST_STRETCHES;
  return isLong ? fillIn(words.onMany, { n: indexes.length }) : fillIn(words.on, { gpus });
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
