import { totalCanStart } from "../../../shared/capacity/total-can-start.ts";
import { roomsOf } from "../concurrency/rooms-of.ts";
import type { Capacity, GpuFit } from "../concurrency/use-capacity.ts";

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
  const rooms = perGpu.map((fit, i) => {
    const { canStart: now, perJobMiB, inResidents } = fit;
    const room = roomsMiB[i] ?? null;
    if (now === null || room === null) return { canStart: null };
    const besideMiB = room + gainOf(i) - takenAgainMiB(fit, gainOf(i));
    return { canStart: Math.max(now, inResidents + Math.floor(Math.max(0, besideMiB) / perJobMiB)) };
  });
  return totalCanStart(rooms, profile.gpus);
}

/** What the next jobs of those who are there take, which count first: what they give back now, and what they lack. */
function takenAgainMiB({ gpu, promise, inResidents, residentsMiB }: GpuFit, gainMiB: number): number {
  if (inResidents === 0) return 0;
  const counted = promise.residents.filter(({ state, nextJob }) => state === "idle" && nextJob.fits > 0);
  const held = gpu.processes?.filter(({ pid, backend }) =>
    counted.some((one) => one.pid === pid || (one.backend !== null && one.backend === backend)),
  );
  const heldMiB = held?.reduce((sum, { usedMiB }) => sum + (usedMiB ?? 0), 0) ?? gainMiB;
  return residentsMiB + Math.min(gainMiB, heldMiB);
}
