import { totalCanStart } from "../../../shared/capacity/total-can-start.ts";
import { roomsOf } from "../concurrency/rooms-of.ts";
import type { Capacity } from "../concurrency/use-capacity.ts";

/**
 * How many more could start once a release has given back `estimateMiB`, where it is known on which GPU: what idle
 * models there hold, else what backends do. `null` while it is not. Pure.
 */
export function canStartAfter(
  { perGpu, promises, profile, canStart }: Pick<Capacity, "perGpu" | "promises" | "profile" | "canStart">,
  estimateMiB: number | null,
): number | null {
  if (canStart === null || estimateMiB === null) return null;
  const roomsMiB = roomsOf({ perGpu });
  const held = promises.map(({ reclaimableMiB, backendMiB }) => reclaimableMiB ?? backendMiB ?? 0);
  const sum = held.reduce((total, mib) => total + mib, 0);
  if (perGpu.length > 1 && sum === 0 && estimateMiB > 0) return null;
  // On the only GPU is all of it, whoever holds it.
  const share = perGpu.length === 1 || sum === 0 ? 0 : Math.min(1, estimateMiB / sum);
  const gainOf = (i: number) => (perGpu.length === 1 ? estimateMiB : share * (held[i] ?? 0));
  const rooms = perGpu.map(({ canStart: now, perJobMiB }, i) => {
    const room = roomsMiB[i] ?? null;
    if (now === null || room === null) return { canStart: null };
    return { canStart: Math.max(now, Math.floor((room + gainOf(i)) / perJobMiB)) };
  });
  return totalCanStart(rooms, profile.gpus);
}
