import { followLeft } from "./follow-unnamed.ts";
import { withGivenBack } from "./given-back.ts";
import type { MarkedJob } from "./job-mark.ts";
import type { EndedJob } from "./jobs.ts";
import { learn, raise, type Signature } from "./learn.ts";
import { endMarkedJob } from "./marked-job.ts";
import { shareProcess } from "./match-pids.ts";
import type { Observed } from "./observed.ts";
import { reportedEnd, unseenOom } from "./own-word.ts";

/**
 * The end of a marked job: what its process showed is learned; where no process can be said to have been its own, its
 * own word. One that only fell silent may well go on: its process is followed from then on as one that nobody marked.
 * `signature` is to be kept. Pure.
 * @param marked the jobs that run, the one that has ended among them
 * @param endedMs by the samples' clock
 */
export function learnEnd(
  before: Observed,
  { job, peakMiB, oom }: EndedJob,
  marked: readonly MarkedJob[],
  endedMs: number = before.nowMs,
): { state: Observed; signature: Signature | null; changed: boolean } {
  const known = marked.find(({ id }) => id === job.id);
  if (known === undefined) return { state: before, signature: null, changed: false };
  if (job.state === "expired") {
    const claimed = new Map(before.claimed);
    if (known.pid !== null) claimed.delete(known.pid);
    return { state: followLeft({ ...before, claimed }, known, marked), signature: null, changed: false };
  }
  // What a process holds that others share, or that may be another's, is not this job's figure.
  const isOwn = known.isGuess !== true && !shareProcess(known, marked);
  const outcome = oom ? "out-of-memory" : job.state === "done" ? "done" : "failed";
  const told = oom ? unseenOom(job, peakMiB) : reportedEnd(job, peakMiB);
  const result = endMarkedJob(before, known, isOwn ? outcome : "failed", { endedMs, otherwise: told });
  const { state: ended, signature } = result;
  const state = isOwn ? withGivenBack(before, known, ended) : ended;
  if (signature !== null) {
    const exceeds = peakMiB !== null && job.profile !== null;
    const knowledge = exceeds ? raise(state.knowledge, job.profile ?? "", peakMiB) : state.knowledge;
    return { state: { ...state, knowledge }, signature, changed: true };
  }
  if (told !== null && result.follows !== true)
    return { state: { ...state, knowledge: learn(state.knowledge, told) }, signature: told, changed: true };
  if (peakMiB === null || job.profile === null) return { state, signature: null, changed: false };
  const knowledge = raise(state.knowledge, job.profile, peakMiB);
  return { state: { ...state, knowledge }, signature: null, changed: true };
}
