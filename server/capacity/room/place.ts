import type { Figures, GpuDemand } from "../model.ts";
import type { Policy } from "../policy.ts";
import { type Seat, seatOn, type Wish, withSeat } from "./room.ts";

/** GPUs kept for a job that has waited long. Others may use them if they end before, or fit beside it. */
export interface Reservation {
  jobId: string;
  untilMs: number;
  /** By GPU: who will be there once the reserved job has started. */
  after: ReadonlyMap<number, GpuDemand>;
}

export interface Placing {
  wish: Wish;
  gpuCount: number;
  on: readonly number[];
  endsMs: number;
}

export interface Placed {
  gpus: number[];
  /** The most that is reserved on one of them, and what on each. */
  figureMiB: number;
  figures: Figures;
  demands: readonly GpuDemand[];
  reservations: readonly Reservation[];
}

/** Seats a job on the GPUs with the least room that is enough; `null`: it does not fit now. */
export function place(
  demands: readonly GpuDemand[],
  reservations: readonly Reservation[],
  { wish, gpuCount, on, endsMs }: Placing,
  policy: Policy,
): Placed | null {
  const able: { index: number; seat: Seat }[] = [];
  for (const demand of demands) {
    const { index } = demand;
    if (on.length > 0 && !on.includes(index)) continue;
    const seat = seatOn(demand, wish);
    if (seat.leftMiB >= 0 && !isKept(reservations, index, wish, endsMs)) able.push({ index, seat });
  }
  if (able.length < gpuCount) return null;
  const sign = policy.bestFit ? 1 : -1;
  able.sort((a, b) => sign * (a.seat.leftMiB - b.seat.leftMiB));
  const chosen = able.slice(0, gpuCount);
  const figures = new Map(chosen.map(({ index, seat }) => [index, seat.figureMiB]));
  return {
    gpus: [...figures.keys()],
    figureMiB: Math.max(...figures.values()),
    figures,
    demands: demands.map((demand) => withFigure(demand, wish, figures)),
    reservations: reservations.map((one) => usedBeside(one, wish, figures, endsMs)),
  };
}

/** Who would still be there at the opening must fit beside the reserved job as things will be then. */
function isKept(reservations: readonly Reservation[], gpu: number, wish: Wish, endsMs: number): boolean {
  return reservations.some(({ untilMs, after }) => {
    const demand = after.get(gpu);
    return demand !== undefined && endsMs > untilMs && seatOn(demand, wish).leftMiB < 0;
  });
}

function withFigure(demand: GpuDemand, wish: Wish, figures: Figures): GpuDemand {
  const figureMiB = figures.get(demand.index);
  return figureMiB === undefined ? demand : withSeat(demand, wish, figureMiB);
}

function usedBeside(reservation: Reservation, wish: Wish, figures: Figures, endsMs: number): Reservation {
  if (endsMs <= reservation.untilMs) return reservation;
  const after = [...reservation.after].map(
    ([gpu, demand]) => [gpu, withFigure(demand, wish, figures)] as const,
  );
  return { ...reservation, after: new Map(after) };
}
