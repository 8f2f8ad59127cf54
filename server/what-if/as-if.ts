import type { Gpu } from "../../shared/gpu/gpu.ts";
import type { WhatIf } from "../../shared/what-if/what-if.ts";
import type { BackendWord, JobAsk, JobClass } from "../capacity/model.ts";
import type { Policy } from "../capacity/policy.ts";
import type { DecisionInput } from "../recording/decisions/input.ts";
import { type Actor, actorsOf, asksAtMs, follow, isMoved } from "./actor.ts";
import { asIfGpus, CHANGED_MIB, hasRoom, lastMoved, withinTotal } from "./as-if-gpus.ts";
import { createGate } from "./gate.ts";
import { createMachine } from "./machine.ts";
import type { RecordedJob } from "./recorded-jobs.ts";

/** What the gate would have done. */
export interface AsIfAnswer extends Pick<WhatIf, "outOfMemory" | "waits" | "jobs" | "unjudged"> {
  /** By job: would its out-of-memory not have happened? Of others nothing can be said. */
  avoided: ReadonlyMap<string, boolean>;
}

/** Takes the record in once more, with every declared job waiting for room. */
export interface AsIf {
  take(input: DecisionInput): void;
  done(toMs: number): AsIfAnswer;
}

export interface AsIfContext {
  policy: Policy;
  classOf(job: RecordedJob): JobClass;
  /** Samples nearer to each other than this are passed over, and nearer than some seconds while all stands still. */
  stepMs: number;
}

/** Tenants are known after that long. */
export const WARM_MS = 60_000;
/** Two steps on one second say nothing new. */
export const LEAST_STEP_MS = 900;
/** While all is as it was and stands still, it is looked at as a machine that nobody watches is. */
const CALM_STEP_MS = 10_000;
/** A decision takes its time, and a start is told a little late. */
const GRACE_MS = 3000;
/** So much older than its sample a list of processes may be. */
const LIST_LAG_MS = 5000;

/**
 * The shipped `step()` over what was recorded. A job that has to wait takes its memory away from where the record has
 * it, and brings it again when it begins; everybody else does what he did. Pure.
 */
export function createAsIf(jobs: readonly RecordedJob[], context: AsIfContext): AsIf {
  const all = actorsOf(jobs);
  const course = createCourse(context);
  const machine = createMachine();
  /** How many have asked, as it was. */
  let come = 0;
  /** Not over, as it was or as it would be. */
  let active: readonly Actor[] = [];
  let steppedMs = Number.NEGATIVE_INFINITY;
  /** VRAM by GPU at the last step; `null`: something else has been told since. */
  let steppedMiB: string | null = null;
  return {
    take(input) {
      machine.take(input);
      if (input.kind !== "sample") {
        steppedMiB = null;
        return;
      }
      const { atMs } = input;
      const next = () => all[come]?.job.askedMs ?? Number.POSITIVE_INFINITY;
      while (next() <= atMs) active = [...active, ...all.slice(come, ++come)];
      if (active.length === 0 && next() - atMs > WARM_MS) return;
      const real = machine.gpus();
      for (const actor of active) follow(actor, real, atMs);
      // Whoever asks or ends is not kept waiting for the next regular step.
      const mib = input.gpus.map(([used, free]) => `${used} ${free}`).join();
      const isCalm = mib === steppedMiB && active.every((one) => isAsItWas(one, atMs));
      const isRegular = atMs - steppedMs >= Math.max(context.stepMs, isCalm ? CALM_STEP_MS : 0);
      if (!isRegular && (atMs - steppedMs < LEAST_STEP_MS || !active.some((one) => isDue(one, atMs)))) return;
      steppedMs = atMs;
      steppedMiB = mib;
      course.step(active, real, machine.words(), atMs);
      active = active.filter(({ phase, job }) => phase !== "over" || atMs < (job.endedMs ?? 0));
    },
    done: (toMs) => answerOf(jobs, all, course.added(), toMs),
  };
}

/** Nobody can start, and nothing can overflow, where all are so and nothing moves. */
const isAsItWas = (actor: Actor, atMs: number) =>
  actor.phase !== "asked" && actor.avoided === null && !isMoved(actor, atMs);

function isDue(actor: Actor, atMs: number): boolean {
  const { phase, job, shiftMs, avoided } = actor;
  if (phase === "later") return asksAtMs(actor) <= atMs;
  return phase === "runs" && avoided === null && atMs >= (job.endedMs ?? Number.POSITIVE_INFINITY) + shiftMs;
}

/** How jobs ask, begin and end where everybody waits for room. */
function createCourse({ policy, classOf }: Pick<AsIfContext, "policy" | "classOf">) {
  const gate = createGate(policy);
  const fullSinceMs = new Map<number, number>();
  let added = 0;

  function finish(actor: Actor, atMs: number, outcome: "done" | "out-of-memory" | "other") {
    const { id, end } = actor.job;
    const how = { outcome, reportedMiB: end?.peakMiB ?? null, leastMiB: end?.leastMiB ?? null };
    gate.end(id, how, atMs);
    Object.assign(actor, { phase: "over", overMs: atMs });
  }

  /** Those whose moment has come ask; who repeats what would not have failed is left out. */
  function ask(actor: Actor, atMs: number) {
    const { job, before } = actor;
    const dueMs = asksAtMs(actor);
    if (before?.avoided === true && atMs >= job.askedMs) {
      Object.assign(actor, { isRepeat: true, phase: "over", overMs: atMs });
    } else if (dueMs <= atMs) {
      Object.assign(actor, { phase: "asked", askedMs: dueMs });
      const wish = askOf(job, classOf(job));
      if (gate.ask(wish, atMs)) return;
      // By its figure it could never start, and yet it did: the gate has no say.
      gate.run(wish, atMs);
      begin(actor, { figureMiB: 0, expectedMs: 0 }, job.startedMs ?? atMs);
    }
  }

  function endOf(actor: Actor, active: readonly Actor[], real: readonly Gpu[], atMs: number) {
    const { job, shiftMs, beganMs } = actor;
    if (job.endedMs === null) return;
    const endMs = job.endedMs + shiftMs;
    const hasFailed = job.end?.oom === true;
    if (!hasFailed && atMs >= endMs) finish(actor, atMs, job.end?.outcome === "done" ? "done" : "other");
    if (!hasFailed) return;
    if (actor.avoided === null && atMs >= endMs) {
      actor.avoided = hasRoom(actor, real, active, atMs);
      if (!actor.avoided) finish(actor, atMs, "out-of-memory");
    }
    const longMs = Math.max(actor.expectedMs, endMs - beganMs);
    // How it would have gone on is reckoned, not seen: nothing is learned from that.
    if (actor.avoided === true && atMs >= beganMs + longMs) finish(actor, atMs, "other");
  }

  /** Where more would be held than there is, and a late list does not explain it, whoever came last fails. */
  function overflow(active: readonly Actor[], real: readonly Gpu[], atMs: number): readonly Gpu[] {
    for (const { index, memoryFreeMiB } of asIfGpus(real, active, atMs)) {
      const sinceMs = fullSinceMs.get(index) ?? atMs;
      const isFull = (memoryFreeMiB ?? 0) < -CHANGED_MIB;
      const last = isFull && atMs - sinceMs >= LIST_LAG_MS ? lastMoved(index, active) : null;
      if (isFull && last === null) fullSinceMs.set(index, sinceMs);
      else fullSinceMs.delete(index);
      if (last === null) continue;
      if (last.job.end?.oom === true) last.avoided = false;
      else added++;
      finish(last, atMs, "out-of-memory");
    }
    return asIfGpus(real, active, atMs).map(withinTotal);
  }

  return {
    added: () => added,
    step(active: readonly Actor[], real: readonly Gpu[], said: readonly BackendWord[], atMs: number) {
      for (const actor of active) if (actor.phase === "runs") endOf(actor, active, real, atMs);
      for (const actor of active) if (actor.phase === "later") ask(actor, atMs);
      const gpus = overflow(active, real, atMs);
      for (const { id, ...started } of gate.step(gpus, wordsFor(said, active, atMs), atMs)) {
        const actor = active.find(({ job }) => job.id === id);
        if (actor !== undefined) begin(actor, started, atMs);
      }
    },
  };
}

function begin(
  actor: Actor,
  { figureMiB, expectedMs }: Pick<Actor, "figureMiB" | "expectedMs">,
  atMs: number,
) {
  const lateMs = atMs - (actor.job.startedMs ?? atMs);
  const shiftMs = lateMs > GRACE_MS ? lateMs : 0;
  Object.assign(actor, { phase: "runs", beganMs: atMs, shiftMs, figureMiB, expectedMs });
}

/** It stays on its GPUs: where else it would have gone nobody knows. */
function askOf({ id, label, body, pid, backend, gpus, gpuCount }: RecordedJob, jobClass: JobClass): JobAsk {
  const asker = body?.asker ?? label;
  return { ...{ id, asker, jobClass, pid, backend }, gpuCount: Math.min(gpuCount, gpus.length), on: gpus };
}

/** A backend whose job has moved is busy when that runs. */
function wordsFor(words: readonly BackendWord[], actors: readonly Actor[], atMs: number): BackendWord[] {
  return words.map((word) => {
    const its = actors.filter(({ job, isRepeat }) => job.backend === word.backend && !isRepeat);
    if (!its.some((one) => isMoved(one, atMs))) return word;
    return { ...word, busy: its.some(({ phase }) => phase === "runs") };
  });
}

function answerOf(
  jobs: readonly RecordedJob[],
  actors: readonly Actor[],
  added: number,
  toMs: number,
): AsIfAnswer {
  const ran = jobs.filter(({ startedMs }) => startedMs !== null);
  const avoided = new Map(
    actors.flatMap((one) =>
      one.job.end?.oom === true ? [[one.job.id, one.avoided === true || one.isRepeat] as const] : [],
    ),
  );
  const waitsMs = actors.flatMap((one) => {
    if (one.isRepeat || one.phase === "later") return [];
    const began = one.phase === "asked" ? toMs : one.beganMs;
    const before = (one.job.startedMs ?? one.job.askedMs) - one.job.askedMs;
    const moreMs = began - one.askedMs - before;
    return moreMs > GRACE_MS ? [moreMs] : [];
  });
  const seconds = (ms: number) => Math.round(ms / 1000);
  return {
    avoided,
    jobs: ran.length,
    unjudged: ran.length - actors.length,
    outOfMemory: {
      recorded: ran.filter(({ end }) => end?.oom === true).length,
      avoided: [...avoided.values()].filter(Boolean).length,
      added,
    },
    waits: {
      jobs: waitsMs.length,
      seconds: seconds(waitsMs.reduce((sum, ms) => sum + ms, 0)),
      longestSeconds: seconds(Math.max(0, ...waitsMs)),
    },
  };
}
