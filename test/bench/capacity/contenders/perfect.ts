import type { Contender } from "../contender.ts";
import { WEIGHTS } from "../world/kinds.ts";
import { DRIVER_MIB, type Job, type Program, type Truth } from "../world/world.ts";

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
      const peak = peakOfJobs(program);
      const own = program.pid === pid;
      // Weights are shared by the jobs of one process.
      if (own && program.jobs.length === 0) continue;
      room -= own ? peak - sharedOf(program) : Math.max(peak, program.levelMiB);
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

function peakOfJobs({ jobs }: Program): number {
  const own = jobs.reduce((sum, { curve }) => sum + curve.peakMiB * (1 - WEIGHTS), 0);
  return own + sharedOf({ jobs });
}

function sharedOf({ jobs }: { jobs: readonly Job[] }): number {
  return Math.max(0, ...jobs.map(({ curve }) => curve.peakMiB * WEIGHTS));
}
