import type { BackendWord, GpuEvidence, JobClass, ListedProcess } from "../../../server/capacity/model.ts";

/** One GPU in one sample, as nvidia-smi tells it. */
export type Sample = Omit<GpuEvidence, "list">;

/** What anybody can see of the machine in this second. */
export interface View {
  nowMs: number;
  gpus: readonly Sample[];
  /** What backends last said. */
  words: readonly BackendWord[];
  /** Reads the processes of each GPU now; `null`: the list fails. */
  list(): readonly (readonly ListedProcess[])[] | null;
  isAlive(pid: number): boolean;
}

/** What somebody tells who wants to start a job. */
export interface Wanted {
  id: string;
  asker: string;
  jobClass: JobClass;
  gpuCount: number;
  /** Its resident's GPU; else any. */
  on: readonly number[];
  pid: number | null;
  backend: string | null;
}

export interface Ended {
  outcome: "done" | "out-of-memory";
  reportedMiB: number | null;
}

/** Decides who starts where. It is shown nothing but what is handed in here, unless it is the baseline `perfect`. */
export interface Contender {
  /** Asks at moments of his own and only then; else everybody is answered in each second, in the order of asking. */
  looks: boolean;
  /** It is told of starts and ends. */
  isTold: boolean;
  second(view: View): void;
  /** Who waits; told to those who keep a queue. */
  asked(wanted: Wanted, nowMs: number): void;
  /** GPUs for the job, or `null`: not now. */
  place(wanted: Wanted, view: View): readonly number[] | null;
  beat(id: string, nowMs: number): void;
  ended(id: string, how: Ended, nowMs: number): void;
  /** What the job was reckoned with; `null`: nothing. */
  figureOf(id: string): { mib: number; isMeasured: boolean } | null;
}
