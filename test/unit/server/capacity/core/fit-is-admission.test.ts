import fc from "fast-check";
import { expect, test } from "vitest";
import { askRoom, declare, end, fit as howMany, step } from "../../../../../server/capacity/capacity.ts";
import type { GpuEvidence, ListedProcess } from "../../../../../server/capacity/model.ts";
import { POLICY } from "../../../../../server/capacity/policy.ts";
import { numRuns } from "../../../../helpers/seeds.ts";
import { ask, DRIVER, process, START, TOTAL } from "./world.ts";

const aPid = fc.integer({ min: 1, max: 6 });
const anAsk = fc.record({
  pid: fc.option(aPid),
  peak: fc.constantFrom(2000, 6000, 12_000, 15_000, 23_900, null),
  asker: fc.constantFrom("ann", "bob", "cem"),
  gpuCount: fc.constantFrom(1, 1, 1, 2),
});
type AnAsk = typeof anAsk extends fc.Arbitrary<infer T> ? T : never;

const aGpu = fc.record({
  held: fc.uniqueArray(fc.tuple(aPid, fc.integer({ min: 100, max: 9000 })), {
    selector: ([pid]) => pid,
    maxLength: 3,
  }),
  utilizationPct: fc.constantFrom(0, 8, 60, null),
  unlistedMiB: fc.constantFrom<number[]>(0, 0, 700),
});
const anEvent = fc.oneof(
  fc.record({ kind: fc.constant("sample" as const), gpus: fc.array(aGpu, { minLength: 2, maxLength: 2 }) }),
  fc.record({ kind: fc.constant("job" as const), what: anAsk }),
  fc.record({ kind: fc.constant("runs" as const), what: anAsk }),
  fc.record({ kind: fc.constant("ticket" as const), what: anAsk }),
  fc.record({
    kind: fc.constant("end" as const),
    which: fc.nat(20),
    outcome: fc.constantFrom("done" as const, "out-of-memory" as const),
  }),
);

function evidenceOf(
  gpus: readonly (typeof aGpu extends fc.Arbitrary<infer T> ? T : never)[],
  hidden: boolean,
): GpuEvidence[] {
  return gpus.map(({ held, utilizationPct, unlistedMiB }, index) => {
    const processes: ListedProcess[] = held.map(([pid, mib]) => process(pid, Math.min(mib, 7000)));
    const usedMiB = processes.reduce((sum, one) => sum + (one.usedMiB ?? 0), unlistedMiB);
    const list = hidden ? { kind: "hidden" as const } : { kind: "fresh" as const, processes };
    return { index, totalMiB: TOTAL, driverMiB: DRIVER, usedMiB, utilizationPct, list };
  });
}

function asked(id: string, { pid, peak, asker, gpuCount }: AnAsk) {
  return ask(id, peak, { pid, asker, gpuCount });
}

test("fit says n exactly when n such jobs, one after the other, are admitted on the same list", () => {
  const world = {
    events: fc.array(anEvent, { maxLength: 14 }),
    last: fc.array(aGpu, { minLength: 2, maxLength: 2 }),
  };
  fc.assert(
    fc.property(
      fc.record({ ...world, what: anAsk, hidden: fc.boolean() }),
      ({ events, last, what, hidden }) => {
        let { state, atMs: nowMs } = START;
        let gpus = evidenceOf(last, hidden);
        const take = () => {
          ({ state } = step(state, { nowMs, gpus, words: [] }, POLICY));
        };
        take();
        for (const [i, event] of events.entries()) {
          nowMs += 1000;
          if (event.kind === "sample") gpus = evidenceOf(event.gpus, hidden);
          if (event.kind === "job")
            ({ state } = declare(state, asked(`job ${i}`, event.what), {}, nowMs, POLICY));
          if (event.kind === "runs")
            ({ state } = declare(state, asked(`job ${i}`, event.what), { runsOn: [0] }, nowMs, POLICY));
          if (event.kind === "ticket")
            ({ state } = askRoom(state, asked(`ticket ${i}`, event.what), "start", nowMs, POLICY));
          const known = [...state.running, ...state.waiting];
          const one = event.kind === "end" ? known[event.which % Math.max(1, known.length)] : undefined;
          if (event.kind === "end" && one !== undefined)
            state = end(state, one.id, { outcome: event.outcome, reportedMiB: null }, nowMs, POLICY);
          take();
        }
        const said = howMany(state, asked("fit", what), nowMs, POLICY, 12);
        let admitted = 0;
        while (admitted < 12) {
          const id = `fit ${admitted}`;
          const declared = declare(state, asked(id, what), {}, nowMs, POLICY);
          if (declared.kind === "never") break;
          const turn = step(declared.state, { nowMs, gpus, words: [] }, POLICY);
          state = turn.state;
          if (!turn.started.some((job) => job.id === id)) break;
          admitted++;
        }
        expect(admitted).toBe(said);
      },
    ),
    { numRuns: numRuns(80), endOnFailure: true },
  );
});
