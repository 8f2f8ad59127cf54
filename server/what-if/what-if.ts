import { setTimeout as rest } from "node:timers/promises";
import type { FitLanguage } from "../../shared/capacity/fit.ts";
import { sayWhatIf } from "../../shared/what-if/say.ts";
import type { WhatIf, WhatIfAnswer } from "../../shared/what-if/what-if.ts";
import { whatIfEn } from "../../shared/what-if/words-en.ts";
import { whatIfZhCn } from "../../shared/what-if/words-zh-cn.ts";
import type { JobClass } from "../capacity/model.ts";
import type { Policy } from "../capacity/policy.ts";
import { steadyMs } from "../lib/clock.ts";
import type { DecisionInput } from "../recording/decisions/input.ts";
import { isoTime } from "../recording/log/iso-time.ts";
import { type AsIfAnswer, createAsIf, LEAST_STEP_MS, WARM_MS } from "./as-if.ts";
import { createJobReader, type RecordedDays, type RecordedJob } from "./recorded-jobs.ts";

export interface WhatIfContext {
  read(fromMs: number, toMs: number): AsyncIterable<DecisionInput>;
  policy: Policy;
  classOf(job: RecordedJob): JobClass;
  /** Epoch milliseconds. */
  nowMs(): number;
  /** How old an answer may be that is given again. */
  freshMs: number;
}

/** Answers what the gate would have done; one question at a time, beside whatever else the sidecar does. */
export interface WhatIfDesk {
  /** Rejects where it was closed meanwhile. */
  ask(days: number): Promise<WhatIf>;
  /** Something happened that an answer of before does not know. */
  forget(): void;
  close(): void;
}

/** So long it works at a stretch, and so long it rests then: samples, jobs and pages come first. */
const WORK_MS = 8;
const REST_MS = 6;
/** Looking at the clock costs more than an input. */
const INPUTS_A_LOOK = 32;
/** A week of one GPU, each second of it: where fewer samples are looked at, jobs wait longer than they would. */
const MOST_STEPS = 672_000;
const MOST_COLLISIONS = 50;
const DAY_MS = 86_400_000;

export function createWhatIfDesk({ read, policy, classOf, nowMs, freshMs }: WhatIfContext): WhatIfDesk {
  const known = new Map<number, WhatIf>();
  const asked = new Map<number, Promise<WhatIf>>();
  const closing = new AbortController();
  let before: Promise<unknown> = Promise.resolve();

  async function eachInput(fromMs: number, toMs: number, take: (input: DecisionInput) => void) {
    let beganMs = steadyMs();
    let count = 0;
    for await (const input of read(fromMs, toMs)) {
      take(input);
      if (++count % INPUTS_A_LOOK !== 0 || steadyMs() - beganMs < WORK_MS) continue;
      await rest(REST_MS, undefined, { signal: closing.signal });
      beganMs = steadyMs();
    }
  }

  async function answer(days: number): Promise<WhatIf> {
    closing.signal.throwIfAborted();
    const toMs = nowMs();
    const fromMs = toMs - days * DAY_MS;
    const reader = createJobReader(fromMs, toMs);
    await eachInput(fromMs, toMs, reader.take);
    const recorded = reader.done();
    const asIf = createAsIf(recorded.jobs, { policy, classOf, stepMs: stepFor(recorded, toMs) });
    if (recorded.jobs.length > 0) await eachInput(fromMs, toMs, asIf.take);
    const made = put({ days, fromMs, toMs }, recorded, asIf.done(toMs));
    known.set(days, made);
    return made;
  }

  return {
    ask(days) {
      const made = known.get(days);
      if (made !== undefined && nowMs() - made.to < freshMs) return Promise.resolve(made);
      const now = asked.get(days) ?? before.then(() => answer(days)).finally(() => asked.delete(days));
      asked.set(days, now);
      before = now.catch(() => {});
      return now;
    },
    forget: () => known.clear(),
    close: () => closing.abort(),
  };
}

/** Every sample, or as few as keep the number of steps within bounds. */
function stepFor({ jobs, gpuCount }: RecordedDays, toMs: number): number {
  let [busyMs, untilMs] = [0, 0];
  for (const { askedMs, endedMs } of jobs) {
    const fromMs = Math.max(untilMs, askedMs - WARM_MS);
    untilMs = Math.max(untilMs, endedMs ?? toMs);
    busyMs += Math.max(0, untilMs - fromMs);
  }
  return Math.max(LEAST_STEP_MS, (busyMs * gpuCount) / MOST_STEPS);
}

function put(
  { days, fromMs, toMs }: { days: number; fromMs: number; toMs: number },
  { jobs, recordedMs, daysWithout }: RecordedDays,
  { avoided, ...gate }: AsIfAnswer,
): WhatIf {
  const failed = jobs.filter(({ startedMs, end }) => startedMs !== null && end?.oom === true);
  const collisions = failed.map(({ id, label, gpus, taker, endedMs }) => ({
    ...{ at: endedMs ?? toMs, id, job: label, gpus: [...gpus], taker },
    avoided: avoided.get(id) ?? null,
  }));
  return {
    ...{ estimate: true, days, from: Math.round(fromMs), to: Math.round(toMs) },
    recordedDays: Math.round((recordedMs / DAY_MS) * 10) / 10,
    daysWithoutRecord: [...daysWithout],
    ...gate,
    collisions: collisions.sort((a, b) => b.at - a.at).slice(0, MOST_COLLISIONS),
  };
}

const WORDS = { en: whatIfEn, "zh-CN": whatIfZhCn };

/** The answer with the same in words, by this machine's clock. */
export function inWords(answer: WhatIf, language: FitLanguage): WhatIfAnswer {
  const time = (ms: number) => isoTime(ms).slice(0, 16).replace("T", " ");
  return { ...answer, text: sayWhatIf(answer, WORDS[language], time) };
}
