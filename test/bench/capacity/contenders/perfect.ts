import type { Contender } from "../contender.ts";
import { DRIVER_MIB, type Truth } from "../world/world.ts";

const UNLISTED_MIB = 80;

/**
 * The baseline of the targets: it knows each job's true peak, holds it from its start to its end, and sees what
 * everybody else holds now. Neither curves nor visitors to come; no reserve, no margin.
 */
export function createPerfect(truth: Truth, peakOf: (id: string) => number): Contender {
  const { machine, programs } = truth;
  const roomOn = (gpu: number, pid: number | null) => {
    let room = machine.totalMiB - DRIVER_MIB - UNLISTED_MIB;
    for (const program of programs) {
      if (!program.gpus.includes(gpu)) continue;
      const peaks = program.jobs.reduce((sum, { curve }) => sum + curve.peakMiB, 0);
      if (peaks > 0) room -= peaks;
      else if (program.pid !== pid) room -= program.levelMiB;
    }
    return room;
  };
  return {
    looks: false,
    isTold: false,
    second: () => {},
    asked: () => {},
    place: ({ id, pid, on, gpuCount }) => {
      const peakMiB = peakOf(id);
      const gpus = Array.from({ length: machine.gpus }, (_, index) => index)
        .filter((index) => on.length === 0 || on.includes(index))
        .map((index) => ({ index, room: roomOn(index, pid) }))
        .filter(({ room }) => room >= peakMiB)
        .sort((a, b) => a.room - b.room)
        .slice(0, gpuCount);
      return gpus.length < gpuCount ? null : gpus.map(({ index }) => index);
    },
    beat: () => {},
    ended: () => {},
    figureOf: () => null,
  };
}
