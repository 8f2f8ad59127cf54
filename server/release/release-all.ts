import { problem } from "../../shared/problems/make-problem.ts";
import { totalEstimateMiB } from "../../shared/release/estimate.ts";
import type { Release } from "../../shared/release/release.ts";
import { wallMs } from "../lib/clock.ts";
import type { BackendWatch } from "./backend-watch.ts";
import type { Backend } from "./backends/backend.ts";
import { carryOut } from "./carry-out.ts";
import { faultOf } from "./fault.ts";
import { holdersOf } from "./holders.ts";
import { withLate } from "./late.ts";
import { createMeasure } from "./measure.ts";
import { cancelled, failed, type PartOutcome } from "./outcome.ts";
import type { ReleaseLimits } from "./release-limits.ts";
import type { ReleaseRecord } from "./release-record.ts";
import type { ReleaseSamples } from "./samples.ts";
import { sumUp } from "./sum-up.ts";
import type { ReleaseDemand } from "./targets.ts";

/** What a release works with, from its demand to what comes back late. */
export interface ReleaseCourse {
  demand: ReleaseDemand;
  record: ReleaseRecord;
  watch: BackendWatch;
  samples: ReleaseSamples;
  limits: ReleaseLimits;
  /** Whether the processes of this backend can be told on this machine. */
  ownersFound(backendId: string): boolean;
  cancel: AbortSignal;
  /** Who has cancelled it, or `null`. */
  cancelledBy(): string | null;
  closing: AbortSignal;
  /** Ends watching for what comes back late. */
  lateEnd: AbortSignal;
}

/** Releases the backends one after the other, and tells what all of them gave back. Never throws. */
export async function releaseAll(targets: readonly Backend[], course: ReleaseCourse): Promise<void> {
  const { samples, watch, record, closing, cancel } = course;
  const endFast = samples.holdFast();
  // Before it is listened to: a poll of one that hangs would be waited for first.
  const ends = targets.map(({ id }) => watch.attend(id));
  const endWatch = watch.hold();
  const outcomes: PartOutcome[] = [];
  try {
    await Promise.all(targets.map((backend) => watch.ask(backend, closing, "releasing")));
    // Idle backends give back at once; busy ones come last.
    const busy = ({ id }: Backend) => (watch.stateOf(id)?.busy === true ? 1 : 0);
    const order = [...targets].sort((a, b) => busy(a) - busy(b));
    const parts = order.map(({ id }) => record.current().parts.find(({ backend }) => backend === id));
    record.set({ parts: parts.filter((part) => part !== undefined), estimateMiB: estimateOf(order, course) });
    for (const [i, backend] of order.entries()) {
      // A job may have begun while the backend before was released.
      if (i > 0 && !cancel.aborted) await watch.ask(backend, closing, "releasing");
      const outcome = await releasePart(backend, course);
      outcomes.push(outcome);
      record.setPart(backend.id, outcome.part);
    }
    const asked = order.filter((_, i) => outcomes[i]?.asked);
    if (asked.length > 0) await askWhatIsLeft(asked, course);
    const sum = sumUp(record.current().parts, outcomes, course.cancelledBy());
    finish(record, { ...sum, stillHeldBy: stillHeldBy(asked, course) });
    void followLate(asked, outcomes, course);
  } catch (error) {
    // No part throws; a fault of ours must be told as one and not end the sidecar.
    finish(record, { state: "failed", problem: faultOf(error) });
  } finally {
    for (const end of ends) end();
    endWatch();
    endFast();
  }
}

async function releasePart(backend: Backend, course: ReleaseCourse): Promise<PartOutcome> {
  const { demand, record, watch, samples, limits, cancel, closing } = course;
  if (closing.aborted) return { ...failed(problem("sidecar-closing")), asked: false };
  if (cancel.aborted) return { ...cancelled(), asked: false };
  // A backend that does not know the mode, beside one that does, is released in the safe one.
  const mode = backend.modes.includes(demand.mode) ? demand.mode : "auto";
  return carryOut(backend, mode, {
    ...{ watch, limits, cancel, closing, ifIdle: demand.ifIdle === true },
    measure: createMeasure(samples, demand.gpu, limits),
    onPhase: (state, { claim = null, waiting = null } = {}) =>
      record.setPart(backend.id, { state, claim }, { state, backend: backend.id, waiting, claim }),
  });
}

/** Asks the backends what they still hold, and the driver who is on the GPUs. */
async function askWhatIsLeft(asked: readonly Backend[], { watch, samples, limits, closing }: ReleaseCourse) {
  const measure = createMeasure(samples, undefined, limits);
  await Promise.all([
    ...asked.map((backend) => watch.ask(backend, closing, "releasing")),
    measure.refreshProcesses(closing),
  ]);
}

/** A driver may give VRAM back long after the call: the verdict is corrected, wherever it was told. */
async function followLate(
  asked: readonly Backend[],
  outcomes: readonly PartOutcome[],
  course: ReleaseCourse,
) {
  const { demand, record, samples, limits, closing, lateEnd } = course;
  const since = outcomes.find((outcome) => outcome.since !== undefined)?.since;
  if (since === undefined || closing.aborted) return;
  const verdict = record.current();
  const toldMiB = Math.max(0, verdict.freedMiB ?? 0);
  await createMeasure(samples, demand.gpu, limits).watchLate(
    {
      before: since.before,
      backendIds: asked.map(({ id }) => id),
      toldMiB,
      limitMs: limits.lateMs,
      onMore(freedMiB, measured, atMs) {
        const seconds = Math.round((atMs - since.calledAtMs) / 1000);
        const late = { freedMiB: freedMiB - toldMiB, seconds };
        record.set({
          ...withLate(verdict, freedMiB, late),
          ...measured,
          stillHeldBy: stillHeldBy(asked, course),
        });
      },
    },
    lateEnd,
  );
}

function estimateOf(targets: readonly Backend[], { watch, samples }: ReleaseCourse): number | null {
  const states = targets.flatMap(({ id }) => watch.stateOf(id) ?? []);
  return totalEstimateMiB(states, samples.latest().gpus);
}

function stillHeldBy(
  targets: readonly Backend[],
  { watch, samples, demand, ownersFound }: ReleaseCourse,
): Release["stillHeldBy"] {
  // Without a backend that was asked nobody can have kept anything.
  if (targets.length === 0) return [];
  const asked = targets.flatMap(({ id }) => watch.stateOf(id) ?? []);
  const gpus = samples.latest().gpus.filter(({ index }) => demand.gpu === undefined || index === demand.gpu);
  return holdersOf(
    gpus,
    asked,
    asked.every(({ id }) => ownersFound(id)),
  );
}

function finish(record: ReleaseRecord, patch: Partial<Release>) {
  record.set({ ...patch, waiting: null, finishedAt: wallMs() });
}
