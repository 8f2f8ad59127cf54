import { createPerfect } from "../capacity/contenders/perfect.ts";
import type { Machine } from "../capacity/world/machines.ts";
import type { Job, Program } from "../capacity/world/world.ts";
import type { Ask, HostName } from "./asks.ts";

const KEPT = 0.82;
const CONTEXT_MIB = 450;

/** What was finished. */
export interface Finished {
  jobs: number;
  /** Peak × seconds, GiB·h. */
  vramTime: number;
}

/** A host as `perfect` sees it. */
interface Playing {
  name: HostName;
  program: Program;
  loaded: string | null;
  runs: { ask: Ask; endS: number; seconds: number }[];
}

/** Finished VRAM-time of one job, seconds in the hosts' time. */
export const vramTimeOf = (peakMiB: number, seconds: number) => (peakMiB * seconds) / 1024 / 3600;

/**
 * The same asks at the same moments, admitted by `perfect`, which knows each true peak. ComfyUI runs one prompt at a time
 * in the order of its queue, also here.
 */
export function replayPerfect(
  asks: readonly Ask[],
  totalMiB: number,
  { seconds, scale, beganMs }: { seconds: number; scale: number; beganMs: number },
): Finished {
  const machine: Machine = { name: "two hosts", totalMiB, gpus: 1, minutes: seconds / 60, users: [] };
  const playing: Playing[] = (["gradio", "comfyui"] as const).map((name, pid) => ({
    name,
    program: emptyProgram(name, pid + 1),
    loaded: null,
    runs: [],
  }));
  let nowS = 0;
  const truth = {
    get nowS() {
      return nowS;
    },
    programs: playing.map(({ program }) => program),
    machine,
    visitorsOn: () => 0,
    release: () => {},
  };
  const byId = new Map(asks.map((ask) => [ask.id, ask]));
  const perfect = createPerfect(truth, (id) => byId.get(id)?.curve.peakMiB ?? Number.POSITIVE_INFINITY);
  const finished: Finished = { jobs: 0, vramTime: 0 };
  let waiting: Ask[] = [];
  let next = 0;
  const view = { nowMs: 0, gpus: [], words: [], list: () => null, isAlive: () => true };
  for (nowS = 1; nowS <= seconds; nowS++) {
    for (const one of playing) endWhatIsOver(one, nowS, finished);
    for (; next < asks.length && ((asks[next]?.askedMs ?? 0) - beganMs) * scale <= nowS * 1000; next++) {
      const ask = asks[next];
      if (ask !== undefined) waiting.push(ask);
    }
    const left: Ask[] = [];
    for (const ask of waiting) {
      const one = playing.find(({ name }) => name === ask.host);
      const isBehind =
        ask.host === "comfyui" && (one?.runs.length !== 0 || left.some(({ host }) => host === "comfyui"));
      const place = {
        id: ask.id,
        asker: ask.id,
        gpuCount: 1,
        on: [],
        pid: one?.program.pid ?? null,
        backend: null,
      };
      const jobClass = {
        key: ask.kind,
        family: null,
        size: null,
        publishedMiB: null,
        configuredMiB: null,
        seconds: null,
      };
      if (one === undefined || isBehind || perfect.place({ ...place, jobClass }, view) === null) {
        left.push(ask);
        continue;
      }
      const took = ask.curve.levels.length - (one.loaded === ask.kind ? ask.curve.loadS : 0);
      one.runs.push({ ask, endS: nowS + took, seconds: took });
      one.program.jobs = one.runs.map(({ ask: { curve } }) => jobOf(curve, one.program));
    }
    waiting = left;
  }
  return finished;
}

function endWhatIsOver(one: Playing, nowS: number, finished: Finished): void {
  for (const run of one.runs.filter(({ endS }) => endS <= nowS)) {
    one.runs.splice(one.runs.indexOf(run), 1);
    finished.jobs++;
    finished.vramTime += vramTimeOf(run.ask.curve.peakMiB, run.seconds);
    one.loaded = run.ask.kind;
    one.program.levelMiB = Math.round(run.ask.curve.peakMiB * KEPT);
  }
  one.program.jobs = one.runs.map(({ ask: { curve } }) => jobOf(curve, one.program));
}

/** `perfect` looks at peaks alone. */
function jobOf(curve: Ask["curve"], program: Program): Job {
  const user = {
    name: "",
    spec: { kinds: [], thinkS: 0, program: "webui" as const },
    random: NO_RANDOM,
    resident: null,
    next: [],
    count: 0,
    waitS: 0,
  };
  const kind = { id: "", peakMiB: curve.peakMiB, seconds: 0, gpus: 1, shape: "plain" as const, spike: false };
  return {
    ...{ id: "", user, kind, curve, program, askedS: 0, startS: 0, age: 0, highMiB: 0 },
    diesAge: 0,
    attempt: 1,
    visitorsMiB: 0,
  };
}

const never = () => {
  throw new Error("nothing is drawn in a replay");
};
const NO_RANDOM = { next: never, between: never, wait: never, bell: never, fork: never };

function emptyProgram(name: string, pid: number): Program {
  return {
    ...{
      pid,
      name,
      backend: null,
      tells: false,
      stays: true,
      gpus: [0],
      levelMiB: CONTEXT_MIB,
      shownMiB: 0,
      keepsMiB: 0,
    },
    ...{ loaded: null, jobs: [], leavesS: null, failed: null, visitor: null },
  };
}
