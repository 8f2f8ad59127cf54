import { fillIn } from "../problems/fill-in.ts";
import type { Collision, Taker, WhatIf } from "./what-if.ts";
import type { WhatIfWords } from "./words.ts";

export interface WhatIfText {
  /** What was, what would have been, and what that rests on. */
  summary: string;
  /** An out-of-memory each, newest first. */
  collisions: string[];
}

/** @param time a moment in epoch milliseconds as the reader has it */
export function sayWhatIf(answer: WhatIf, words: WhatIfWords, time: (ms: number) => string): WhatIfText {
  const { jobs, unjudged, outOfMemory, daysWithoutRecord } = answer;
  const days = answer.days === 1 ? words.oneDay : fillIn(words.days, { n: answer.days });
  const missing = { dates: daysWithoutRecord.join(words.comma) };
  const sentences = [
    ...(jobs === 0 ? [fillIn(words.noJobs, { days })] : gateSaid(answer, words, days)),
    ...(outOfMemory.added > 0 ? [fillIn(words.added, { n: outOfMemory.added })] : []),
    ...(unjudged > 0 ? [fillIn(words.unjudged, { n: unjudged, jobs })] : []),
    ...(daysWithoutRecord.length > 0 ? [fillIn(words.withoutRecord, missing)] : []),
    ...(jobs > unjudged ? [words.estimate] : []),
  ];
  return {
    summary: sentences.join(words.space),
    collisions: answer.collisions.map((one) => collisionSaid(one, words, time)),
  };
}

function gateSaid(
  { jobs, unjudged, outOfMemory, waits }: WhatIf,
  words: WhatIfWords,
  days: string,
): string[] {
  const { recorded: n, avoided } = outOfMemory;
  const wait = lasting(waits.seconds, words);
  const count = n === 0 ? fillIn(words.none, { days }) : fillIn(words.count, { n, days });
  if (jobs === unjudged) return [count];
  const would = n === 0 ? words.waitsOnly : avoided === 0 ? words.noneAvoided : words.avoided;
  return [count, fillIn(would, { n, avoided, wait })];
}

function collisionSaid(
  { at, job, taker }: Collision,
  words: WhatIfWords,
  time: (ms: number) => string,
): string {
  if (taker === null) return fillIn(words.rowNobody, { time: time(at), job });
  const gib = (taker.tookMiB / 1024).toFixed(1);
  const wait = lasting(taker.secondsBefore, words);
  return fillIn(words.row, { time: time(at), job, taker: takerName(taker, words), gib, wait });
}

function takerName({ pid, name, job }: Taker, words: WhatIfWords): string {
  const process = name?.split(/[\\/]/).at(-1) ?? null;
  if (process === null) return fillIn(words.nameHidden, { pid });
  return job === null ? `${process} (${pid})` : fillIn(words.inJob, { job, name: process, pid });
}

function lasting(seconds: number, { seconds: s, minutes, hours }: WhatIfWords): string {
  if (seconds < 120) return fillIn(s, { n: seconds });
  if (seconds < 7200) return fillIn(minutes, { n: Math.round(seconds / 60) });
  return fillIn(hours, { n: (seconds / 3600).toFixed(1) });
}
