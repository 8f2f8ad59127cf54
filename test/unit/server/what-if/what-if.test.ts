import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withOwnPeak } from "../../../../server/capacity/classes/job-class.ts";
import { POLICY } from "../../../../server/capacity/policy.ts";
import type { DecisionInput } from "../../../../server/recording/decisions/input.ts";
import type { RecordedJob } from "../../../../server/what-if/recorded-jobs.ts";
import { createWhatIfDesk } from "../../../../server/what-if/what-if.ts";
import { CARD_MIB, type Declared, type Life, recordedLife, script } from "../../../helpers/recorded-life.ts";
import { numRuns } from "../../../helpers/seeds.ts";

const START = Date.UTC(2026, 10, 28, 12);

const classOf = ({ body, label }: RecordedJob) => withOwnPeak(null, body?.peakMiB ?? 1000, label);

async function askOf(inputs: readonly DecisionInput[], days = 1) {
  const read = async function* (fromMs: number, toMs: number) {
    yield* inputs.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  };
  const nowMs = () => inputs.at(-1)?.atMs ?? START;
  return createWhatIfDesk({ read, policy: POLICY, classOf, nowMs, freshMs: 1000 }).ask(days);
}
const life = (seconds: number, processes: readonly Life[], jobs: readonly Declared[], lists = true) =>
  askOf(recordedLife(START, seconds, { processes, jobs, lists }));

const LONG = { id: "long", pid: 101, peakMiB: 12_000, askS: 70, endS: 200 };

/** What the card of the record has when nobody is there. */
const ALL_MIB = CARD_MIB - 300 - 80;

describe("what the gate would have done", () => {
  test("WIF-1 WIF-2 who came second waits for the end of the first, in place of running out of memory", async () => {
    const answer = await life(
      400,
      [script(101, 70, 200, 12_000), script(102, 90, 100, 11_800)],
      [LONG, { id: "second", pid: 102, peakMiB: 14_000, askS: 90, endS: 100, oom: true }],
    );
    expect(answer).toMatchObject({
      jobs: 2,
      unjudged: 0,
      outOfMemory: { recorded: 1, avoided: 1, added: 0 },
      waits: { jobs: 1 },
      collisions: [{ id: "second", avoided: true }],
    });
    expect(answer.waits.seconds).toBeGreaterThanOrEqual(109);
    expect(answer.waits.seconds).toBeLessThanOrEqual(113);
  });

  test("WIF-2 who failed because a second one began goes on, since that one waits", async () => {
    const answer = await life(
      400,
      [script(101, 70, 100, 12_000), script(102, 90, 150, 14_000)],
      [
        { ...LONG, endS: 100, oom: true },
        { id: "second", pid: 102, peakMiB: 14_000, askS: 90, endS: 150 },
      ],
    );
    expect(answer.outOfMemory).toEqual({ recorded: 1, avoided: 1, added: 0 });
    expect(answer.collisions).toMatchObject([
      { id: "long", avoided: true, taker: { pid: 102, job: "second", tookMiB: 14_000 } },
    ]);
    expect(answer.waits.jobs).toBe(1);
  });

  test("WIF-2b WIF-6 the gate cannot keep a stranger out, who is named", async () => {
    const stranger = {
      pid: 7,
      name: "ollama",
      holds: [
        [130, 4000],
        [132, 8300],
      ] as const,
    };
    const answer = await life(
      300,
      [script(101, 70, 172, 15_900), stranger],
      [{ ...LONG, peakMiB: 16_000, endS: 172, oom: true }],
    );
    expect(answer.outOfMemory).toEqual({ recorded: 1, avoided: 0, added: 0 });
    expect(answer.collisions).toMatchObject([
      {
        at: START + 172_000,
        job: "long",
        gpus: [0],
        avoided: false,
        taker: { pid: 7, name: "ollama", job: null, tookMiB: 8300, secondsBefore: 40 },
      },
    ]);
    expect(answer.waits).toEqual({ jobs: 0, seconds: 0, longestSeconds: 0 });
  });

  test("WIF-6 who took VRAM long before is not named", async () => {
    const answer = await life(
      1500,
      [script(101, 1200, 1300, 15_900), { pid: 7, holds: [[10, 8300]] }],
      [{ ...LONG, peakMiB: 16_000, askS: 1200, endS: 1300, oom: true }],
    );
    expect(answer.collisions).toMatchObject([{ taker: null }]);
  });

  test("WIF-2c VRAM that flickers by a MiB is no want of room", async () => {
    // The second wants all that the empty card has, and fails after an even or an odd number of seconds.
    const lives = [10, 11].map((secondsS) => ({
      processes: [script(101, 70, 100, 12_000), script(102, 90, 90 + secondsS, 11_800)],
      jobs: [
        { ...LONG, endS: 100 },
        { id: "second", pid: 102, peakMiB: ALL_MIB, askS: 90, endS: 90 + secondsS, oom: true },
      ],
    }));
    for (const one of lives) {
      const flickers = recordedLife(START, 200, one).map((input): DecisionInput => {
        const moreMiB = (input.atMs / 1000) % 2;
        if (input.kind !== "sample") return input;
        const [[used = 0, free = 0, ...rest] = []] = input.gpus;
        return { ...input, gpus: [[Number(used) + moreMiB, Number(free) - moreMiB, ...rest]] };
      });
      const outOfMemory = { recorded: 1, avoided: 1, added: 0 };
      expect(await askOf(recordedLife(START, 200, one))).toMatchObject({ outOfMemory });
      expect(await askOf(flickers)).toMatchObject({ outOfMemory });
    }
  });

  test("WIF-2d how a job would have gone on is reckoned, and teaches nothing of such jobs", async () => {
    const APART_S = 700;
    const second = { label: "second", peakMiB: 15_000 };
    const failing = Array.from({ length: 8 }, (_, n) => ({
      ...{ fromS: 100 + n * APART_S, pids: [1000 + n, 2000 + n] as const },
    }));
    const lastS = 100 + 8 * APART_S;
    const answer = await life(
      lastS + 200,
      [
        ...failing.flatMap(({ fromS, pids: [a, b] }) => [
          script(a, fromS, fromS + 60, 12_000),
          script(b, fromS + 20, fromS + 30, 11_000),
        ]),
        script(11, lastS, lastS + 100, 6000),
        script(12, lastS + 10, lastS + 60, 14_900),
      ],
      [
        ...failing.flatMap(({ fromS, pids: [a, b] }): Declared[] => [
          { id: `first ${a}`, pid: a, peakMiB: 12_100, askS: fromS, endS: fromS + 60 },
          { ...second, id: `second ${b}`, pid: b, askS: fromS + 20, endS: fromS + 30, oom: true },
        ]),
        { id: "small", pid: 11, peakMiB: 6000, askS: lastS, endS: lastS + 100 },
        // There is room for it beside the small one, as there was.
        { ...second, id: "last", pid: 12, askS: lastS + 10, endS: lastS + 60 },
      ],
    );
    expect(answer).toMatchObject({
      outOfMemory: { recorded: 8, avoided: 8, added: 0 },
      waits: { jobs: 8 },
    });
  });

  test("WIF-3 a second try of what would not have failed is left out", async () => {
    const second = { label: "second", peakMiB: 14_000 };
    const answer = await life(
      500,
      [script(101, 70, 200, 12_000), script(102, 90, 100, 11_800), script(103, 210, 260, 13_900)],
      [
        LONG,
        { ...second, id: "first try", pid: 102, askS: 90, endS: 100, oom: true },
        { ...second, id: "second try", pid: 103, askS: 210, endS: 260 },
      ],
    );
    expect(answer).toMatchObject({
      outOfMemory: { recorded: 1, avoided: 1, added: 0 },
      waits: { jobs: 1 },
    });
  });

  test("WIF-1 jobs that waited as it was do not wait longer, and those with room do not wait at all", async () => {
    const answer = await life(
      500,
      [script(101, 70, 200, 12_000), script(102, 202, 300, 13_900), script(103, 350, 400, 9000)],
      [
        LONG,
        { id: "second", pid: 102, peakMiB: 14_000, askS: 90, startS: 202, endS: 300 },
        { id: "third", pid: 103, peakMiB: 9000, askS: 350, endS: 400 },
      ],
    );
    expect(answer).toMatchObject({
      outOfMemory: { recorded: 0, avoided: 0, added: 0 },
      waits: { jobs: 0, seconds: 0 },
    });
  });

  test("WIF-5 jobs whose process no list names are counted and not judged", async () => {
    const answer = await life(
      300,
      [script(101, 70, 100, 12_000)],
      [{ ...LONG, endS: 100, oom: true }],
      false,
    );
    expect(answer).toMatchObject({ jobs: 1, unjudged: 1, collisions: [{ avoided: null, taker: null }] });
  });
});

const job = fc.record({
  askS: fc.integer({ min: 60, max: 150 }),
  takesS: fc.integer({ min: 10, max: 60 }),
  mib: fc.integer({ min: 2000, max: 20_000 }),
  oom: fc.boolean(),
});

test("WIF-1 WIF-2b of any life no more is prevented than was, and where all had room nothing changes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 4 }), async (drawn) => {
      const jobs = drawn.map(({ askS, takesS, mib, oom }, i) => ({
        ...{ id: `job ${i}`, pid: 101 + i, peakMiB: mib, askS, endS: askS + takesS, oom },
      }));
      const processes = jobs.map((one) => script(one.pid, one.askS, one.endS, one.peakMiB));
      const { outOfMemory, waits, collisions } = await life(260, processes, jobs);
      const failed = jobs.filter(({ oom }) => oom).length;
      expect(outOfMemory.recorded).toBe(failed);
      expect(collisions).toHaveLength(failed);
      expect(collisions.filter(({ avoided }) => avoided === true)).toHaveLength(outOfMemory.avoided);
      expect(outOfMemory.added).toBeLessThanOrEqual(jobs.length - failed);
      expect(waits.seconds).toBeGreaterThanOrEqual(waits.longestSeconds);
      const allFit = jobs.reduce((sum, { peakMiB }) => sum + peakMiB * POLICY.marginPublished, 0) < 22_000;
      if (allFit) expect({ ...waits, ...outOfMemory }).toMatchObject({ jobs: 0, avoided: 0, added: 0 });
    }),
    { numRuns: numRuns(12) },
  );
});

test("WIF-7c what stands still is passed over, and the answer is the one of every sample", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 4 }), async (drawn) => {
      const jobs = drawn.map(({ askS, takesS, mib, oom }, i) => ({
        ...{ id: `job ${i}`, pid: 101 + i, peakMiB: mib, askS, endS: askS + takesS, oom },
      }));
      const processes = jobs.map((one) => script(one.pid, one.askS, one.endS, one.peakMiB));
      const inputs = recordedLife(START, 260, { processes, jobs });
      // Something is told before each sample, if only that there are no backends.
      const restless = inputs.flatMap((input): DecisionInput[] =>
        input.kind === "sample"
          ? [{ kind: "note", atMs: input.atMs, note: { topic: "backends", backends: [] } }, input]
          : [input],
      );
      expect(await askOf(inputs)).toEqual(await askOf(restless));
    }),
    { numRuns: numRuns(12) },
  );
});

describe("what is said of it", () => {
  test("WIF-4 days without a record are named", async () => {
    const answer = await askOf(recordedLife(START, 7200, { processes: [], jobs: [] }), 3);
    expect(answer).toMatchObject({ estimate: true, days: 3, recordedDays: 0.1, jobs: 0 });
    expect(answer.daysWithoutRecord).toHaveLength(3);
    expect(answer.daysWithoutRecord).not.toContain("2026-11-28");
  });

  test("WIF-7 WIF-7b one computation at a time, and its answer for a while, unless something happened", async () => {
    let [running, most, reads] = [0, 0, 0];
    const nothing = recordedLife(START, 1, { processes: [], jobs: [] });
    const read = async function* () {
      reads++;
      most = Math.max(most, ++running);
      for (const input of nothing) {
        await new Promise(setImmediate);
        yield input;
      }
      running--;
    };
    const desk = createWhatIfDesk({ read, policy: POLICY, classOf, nowMs: () => START, freshMs: 1000 });
    await Promise.all([desk.ask(7), desk.ask(7), desk.ask(1)]);
    await desk.ask(7);
    expect({ most, reads }).toEqual({ most: 1, reads: 2 });
    desk.forget();
    await desk.ask(7);
    expect(reads).toBe(3);
  });
});
