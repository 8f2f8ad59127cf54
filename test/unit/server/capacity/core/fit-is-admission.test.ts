import fc from "fast-check";
import { expect, test } from "vitest";
import { askRoom, declare, end, fit as howMany, step } from "../../../../../server/capacity/capacity.ts";
import type { GpuEvidence, JobAsk, ListedProcess } from "../../../../../server/capacity/model.ts";
import { POLICY } from "../../../../../server/capacity/policy.ts";
import { publish } from "../../../../../server/capacity/published/publish.ts";
import { numRuns } from "../../../../helpers/seeds.ts";
import { ask, DRIVER, process, START, TOTAL } from "./world.ts";

const BACKENDS = [null, "comfyui", "forge"] as const;
const aPid = fc.integer({ min: 1, max: 6 });
const anAsk = fc.record({
  pid: fc.option(aPid),
  backend: fc.constantFrom(null, null, null, "comfyui", "forge", "absent"),
  peak: fc.constantFrom(2000, 6000, 12_000, 15_000, 23_900, null),
  asker: fc.constantFrom("ann", "bob", "cem"),
  gpuCount: fc.constantFrom(1, 1, 1, 2),
  isSigned: fc.boolean(),
  frames: fc.constantFrom(49, 81, 121),
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

type Hidden = "none" | "second" | "all";

function evidenceOf(
  gpus: readonly (typeof aGpu extends fc.Arbitrary<infer T> ? T : never)[],
  hidden: Hidden,
): GpuEvidence[] {
  return gpus.map(({ held, utilizationPct, unlistedMiB }, index) => {
    const processes: ListedProcess[] = held.map(([pid, mib]) =>
      process(pid, Math.min(mib, 7000), BACKENDS[pid] ?? null),
    );
    const usedMiB = processes.reduce((sum, one) => sum + (one.usedMiB ?? 0), unlistedMiB);
    const isHidden = hidden === "all" || (hidden === "second" && index === 1);
    const list = isHidden ? { kind: "hidden" as const } : { kind: "fresh" as const, processes };
    return { index, totalMiB: TOTAL, driverMiB: DRIVER, usedMiB, utilizationPct, list };
  });
}

function asked(id: string, { pid, backend, peak, asker, gpuCount, isSigned, frames }: AnAsk): JobAsk {
  const plain = ask(id, peak, { pid, backend, asker, gpuCount });
  if (!isSigned) return plain;
  // A signature of a size that may never have run, beside others of its family.
  const size = { width: 832, height: 480, frames };
  const jobClass = { ...plain.jobClass, key: `signed ${frames}`, family: "wan", size, publishedMiB: null };
  return { ...plain, jobClass };
}

test("CAP-1b fit says n exactly when n such jobs, one after the other, are admitted within the same sample", () => {
  const world = {
    events: fc.array(anEvent, { maxLength: 14 }),
    last: fc.array(aGpu, { minLength: 2, maxLength: 2 }),
  };
  fc.assert(
    fc.property(
      fc.record({
        ...world,
        what: anAsk,
        hidden: fc.constantFrom<Hidden[]>("none", "none", "second", "all"),
      }),
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
            ({ state } = askRoom(state, asked(`ticket ${i}`, event.what), nowMs, POLICY));
          const known = [...state.running, ...state.waiting];
          const one = event.kind === "end" ? known[event.which % Math.max(1, known.length)] : undefined;
          if (event.kind === "end" && one !== undefined)
            state = end(state, one.id, { outcome: event.outcome, reportedMiB: null }, nowMs, POLICY);
          take();
        }
        const stranger = { ...asked("stranger", what), asker: "stranger", pid: null, backend: null };
        const { jobClass, gpuCount } = stranger;
        const shown = publish(state, { jobClass, gpuCount, asker: stranger }, POLICY);
        if (state.waiting.length === 0)
          // Very small jobs are not counted to the last.
          expect(Math.min(64, shown.canStart)).toBe(howMany(state, stranger, POLICY));
        const said = howMany(state, asked("fit", what), POLICY, 12);
        let admitted = 0;
        const sampledMs = nowMs;
        const listed = gpus.map((one) =>
          one.list.kind === "fresh" ? { ...one, list: { kind: "not-read" as const } } : one,
        );
        while (admitted < 12) {
          const id = `fit ${admitted}`;
          // A moment passes with every ask; the sample stays the same, and has had its list.
          nowMs += 70;
          const declared = declare(state, asked(id, what), {}, nowMs, POLICY);
          if (declared.kind === "never") break;
          const turn = step(declared.state, { nowMs, sampledMs, gpus: listed, words: [] }, POLICY);
          state = turn.state;
          if (!turn.started.some((job) => job.id === id)) break;
          admitted++;
        }
        expect(admitted).toBe(said);
      },
    ),
    { numRuns: numRuns(1000) > 10_000 ? 20_000 : 150, endOnFailure: true },
  );
});
