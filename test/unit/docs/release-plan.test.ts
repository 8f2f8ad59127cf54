import * as v from "valibot";
import { expect, test } from "vitest";
import { backendSchema } from "../../../server/config/backend-options.ts";
import { createBackend } from "../../../server/release/backends/create-backend.ts";
import { BUSY, type Plan, planRelease, type Step } from "../../../server/release/plan.ts";
import { TIMINGS } from "../../../server/timings.ts";
import { BACKEND_KINDS, DURING_JOB, type DuringJob } from "../../../shared/release/backend.ts";
import { RELEASE_MODES } from "../../../shared/release/release.ts";
import { expectPrinted, markdownTable } from "../../helpers/printed.ts";

/** What a step is called; what every release has (to note, to measure) is not said each time. */
const WORDS: Readonly<Record<Step, string>> = {
  hold: "hold the queue",
  interrupt: "stop the job",
  "await-idle": "wait",
  "await-stopped": "wait for that job",
  "await-declared": "wait for the declared job",
  "await-job-end": "wait",
  note: "",
  follow: "",
  ask: "ask",
  "await-gone": "",
  measure: "",
  "plan-again": "look again",
};

const told = (plan: Plan) =>
  "refuse" in plan
    ? `no: \`${plan.refuse}\``
    : plan.steps.flatMap((step) => (WORDS[step] === "" ? [] : WORDS[step])).join(" → ");

/** How backends differ where a release is planned; of those that hold their queue, all spare what is in use. */
const SORTS: readonly { duringJob: DuringJob; canHold: boolean }[] = DURING_JOB.flatMap((duringJob) => [
  { duringJob, canHold: false },
  ...(duringJob === "spared" ? [{ duringJob, canHold: true }] : []),
]);

function kindsThat({ duringJob, canHold }: (typeof SORTS)[number]): string {
  const url = "http://127.0.0.1:7000";
  const kinds = BACKEND_KINDS.filter((kind) => kind !== "demo").flatMap((kind) => {
    const ways =
      kind === "gradio"
        ? [
            { name: "`gradio` with `queued`", given: { kind, url, apiName: "/unload", queued: true } },
            { name: "`gradio` without `queued`", given: { kind, url, apiName: "/unload" } },
          ]
        : [{ name: `\`${kind}\``, given: { kind, url } }];
    return ways
      .filter(({ given }) => {
        const backend = createBackend(v.parse(backendSchema, given), TIMINGS);
        return backend.duringJob === duringJob && (backend.hold !== undefined) === canHold;
      })
      .map(({ name }) => name);
  });
  return `\`${duringJob}\`${canHold ? ", queue held" : ""}: ${kinds.join(", ")}`;
}

test("REL-10 REL-11 docs/backends.md has the plan of every release, as it is carried out", () => {
  const rows = BUSY.flatMap((busy) => {
    const byCells = new Map<string, { modes: string[]; cells: string[] }>();
    for (const mode of RELEASE_MODES) {
      const cells = SORTS.map((sort) =>
        told(planRelease({ mode, ...sort, busy, canInterrupt: true, hasWaited: false, letsJobsEnd: false })),
      );
      const same = byCells.get(cells.join("|")) ?? { modes: [], cells };
      same.modes.push(`\`${mode}\``);
      byCells.set(cells.join("|"), same);
    }
    return [...byCells.values()].map(({ modes, cells }) => [
      busy,
      modes.length === RELEASE_MODES.length ? "any" : modes.join(", "),
      ...cells,
    ]);
  });
  const head = ["a job", "mode", ...SORTS.map(kindsThat)];
  expectPrinted("docs/backends.md", "plan", markdownTable(head, rows));
});

test("REL-10 no plan asks a backend while a job runs that the call would break", () => {
  for (const mode of RELEASE_MODES) {
    for (const busy of BUSY) {
      for (const canInterrupt of [true, false]) {
        const plan = planRelease({
          ...{ mode, duringJob: "unsafe", busy, canInterrupt },
          ...{ canHold: false, hasWaited: false, letsJobsEnd: false },
        });
        if ("refuse" in plan || busy === "idle") continue;
        const before = plan.steps.slice(0, plan.steps.indexOf("ask"));
        expect([mode, busy, before.some((step) => /^(?:interrupt|await)/.test(step))]).toEqual([
          mode,
          busy,
          true,
        ]);
      }
    }
  }
});

test("REL-1 every plan that asks measures last, against what was noted or followed before it asked", () => {
  for (const mode of RELEASE_MODES) {
    for (const busy of BUSY) {
      for (const sort of SORTS) {
        const given = { mode, ...sort, busy, canInterrupt: true, hasWaited: false, letsJobsEnd: false };
        const plan = planRelease(given);
        if ("refuse" in plan || !plan.steps.includes("ask")) continue;
        const asks = plan.steps.indexOf("ask");
        expect(plan.steps.at(-1)).toBe("measure");
        expect(plan.steps.findIndex((step) => step === "note" || step === "follow")).toBeLessThan(asks);
        expect(plan.steps.filter((step) => step === "ask").length).toBe(1);
      }
    }
  }
});

test("REL-11f no job is stopped where the next one would begin, and be broken by the call", () => {
  for (const duringJob of ["unsafe", "ends-jobs", "unknown"] as const) {
    const plan = planRelease({
      ...{ mode: "interrupt", duringJob, busy: "queued", canInterrupt: true },
      ...{ canHold: false, hasWaited: false, letsJobsEnd: false },
    });
    expect([duringJob, plan]).toEqual([duringJob, { refuse: "jobs-queued" }]);
  }
});

test("REL-11 one that lets its job end itself is asked at once after the job, unless others wait behind it", () => {
  for (const mode of RELEASE_MODES) {
    for (const busy of BUSY) {
      const given = {
        mode,
        busy,
        duringJob: "ends-jobs",
        canInterrupt: false,
        canHold: false,
        hasWaited: false,
      } as const;
      const plan = planRelease({ ...given, letsJobsEnd: true });
      const asksAtOnce = mode === "after-current" && busy === "running";
      const usual = planRelease({ ...given, letsJobsEnd: false });
      expect(plan).toEqual(asksAtOnce ? { steps: ["follow", "ask", "measure"] } : usual);
    }
  }
});
