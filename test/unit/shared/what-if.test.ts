import { expect, test } from "vitest";
import { sayWhatIf } from "../../../shared/what-if/say.ts";
import type { WhatIf } from "../../../shared/what-if/what-if.ts";
import { whatIfEn } from "../../../shared/what-if/words-en.ts";
import { whatIfZhCn } from "../../../shared/what-if/words-zh-cn.ts";

const ANSWER: WhatIf = {
  ...{
    estimate: true,
    days: 14,
    from: 0,
    to: 1,
    recordedDays: 13,
    daysWithoutRecord: [],
    jobs: 20,
    unjudged: 0,
  },
  outOfMemory: { recorded: 5, avoided: 4, added: 0 },
  waits: { jobs: 2, seconds: 38, longestSeconds: 30 },
  collisions: [
    {
      ...{ at: 0, id: "a", job: "ComfyUI", gpus: [0], avoided: true },
      taker: { pid: 7, name: "/usr/bin/python", backend: null, job: null, tookMiB: 8294, secondsBefore: 40 },
    },
    { at: 0, id: "b", job: "Wan", gpus: [0], taker: null, avoided: false },
  ],
};
const time = () => "14:02";
const english = (more: Partial<WhatIf> = {}) => sayWhatIf({ ...ANSWER, ...more }, whatIfEn, time);

test("WIF-1 WIF-6 what would have been, and who took VRAM, in both languages", () => {
  expect(english()).toEqual({
    summary:
      "Out of memory: 5 in 14 days. Had every job waited for room, 4 of 5 would not have happened; waits + 38 s. An estimate of waiting alone, without the hand-over.",
    collisions: [
      "14:02 ComfyUI; python (7) had taken 8.1 GiB 40 s before",
      "14:02 Wan; nobody else is known to have taken VRAM shortly before",
    ],
  });
  expect(sayWhatIf(ANSWER, whatIfZhCn, time)).toEqual({
    summary:
      "显存不足：最近 14 天内 5 次。若每个任务都先等待空间，5 次中有 4 次不会发生；等待时间 + 38 秒。以上为估计，只计等待，不计显卡交接。",
    collisions: [
      "14:02 ComfyUI；40 秒前 python (7) 占用了 8.1 GiB",
      "14:02 Wan；此前不久没有已知的其他进程占用显存",
    ],
  });
});

test("WIF-4 WIF-5 what is not known is said, and nothing is estimated from nothing", () => {
  expect(english({ jobs: 0, daysWithoutRecord: ["2026-11-27", "2026-11-28"] }).summary).toBe(
    "No job was declared in 14 days. Only declared jobs can be judged. No record of 2026-11-27, 2026-11-28.",
  );
  expect(english({ unjudged: 20, days: 1 }).summary).toBe(
    "Out of memory: 5 in 24 hours. 20 of 20 jobs cannot be judged: no list names their process.",
  );
  expect(english({ outOfMemory: { recorded: 2, avoided: 0, added: 1 } }).summary).toBe(
    "Out of memory: 2 in 14 days. Waiting for room would have prevented none of them; waits + 38 s. Others that would have happened: 1. An estimate of waiting alone, without the hand-over.",
  );
  expect(english({ outOfMemory: { recorded: 0, avoided: 0, added: 0 } }).summary).toBe(
    "Out of memory: none in 14 days. Had every job waited for room: waits + 38 s. An estimate of waiting alone, without the hand-over.",
  );
});
