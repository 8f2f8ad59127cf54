import type { Gpu } from "../../shared/gpu/gpu.ts";
import { declare, end, step } from "../capacity/capacity.ts";
import { evidenceOf, NO_LISTS } from "../capacity/evidence/from-sample.ts";
import { type BackendWord, EMPTY_STATE, type JobAsk, type RunningJob } from "../capacity/model.ts";
import type { Policy } from "../capacity/policy.ts";

type End = Parameters<typeof end>[2];

/** Admission as the sidecar has it, on a machine that is handed in. */
export interface Gate {
  /** False: by its figure it could never start. */
  ask(ask: JobAsk, atMs: number): boolean;
  /** It runs, whether there is room or not. */
  run(ask: JobAsk, atMs: number): void;
  end(id: string, how: End, atMs: number): void;
  /** Who starts on this sample. */
  step(gpus: readonly Gpu[], words: readonly BackendWord[], atMs: number): readonly RunningJob[];
}

const NO_HOST = { memoryTotalMiB: null, memoryAvailableMiB: null };
/** Heartbeats are not recorded: whoever fell silent has an end in the record. */
const FOR_EVER = { ttlMs: Number.POSITIVE_INFINITY };

export function createGate(shipped: Policy): Gate {
  // The gate alone: nobody is asked to leave.
  const policy = { ...shipped, releaseOnRequest: new Set<string>() };
  let state = EMPTY_STATE;
  let lists = NO_LISTS;

  function take(gpus: readonly Gpu[], words: readonly BackendWord[], atMs: number) {
    const around = { sampledMs: atMs, listsAsked: true, listFailed: false, readHost: () => NO_HOST };
    const { evidence, memory } = evidenceOf(gpus, lists, around);
    lists = memory;
    const turn = step(state, { nowMs: atMs, gpus: evidence, words }, policy);
    state = turn.state;
    return turn;
  }

  return {
    ask(ask, atMs) {
      const declared = declare(state, ask, FOR_EVER, atMs, policy);
      state = declared.state;
      return declared.kind !== "never";
    },
    run(ask, atMs) {
      state = declare(state, ask, { runsOn: ask.on, ...FOR_EVER }, atMs, policy).state;
    },
    end(id, how, atMs) {
      state = end(state, id, how, atMs, policy);
    },
    step(gpus, words, atMs) {
      const turn = take(gpus, words, atMs);
      return turn.wantsList ? take(gpus.map(read), words, atMs).started : turn.started;
    },
  };
}

/** A list that was read anew. */
const read = (gpu: Gpu): Gpu => ({ ...gpu, processes: gpu.processes === null ? null : [...gpu.processes] });
