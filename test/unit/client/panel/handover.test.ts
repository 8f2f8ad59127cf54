import { expect, test } from "vitest";
import { handoverEn } from "../../../../client/i18n/handover/en.ts";
import { handoverZhCn } from "../../../../client/i18n/handover/zh-cn.ts";
import { broughtOf, sayAct } from "../../../../client/panel/handover/past-act.ts";
import { sayHold, sayNext } from "../../../../client/panel/handover/say-handover.ts";
import type { ReleaseRecord } from "../../../../shared/release/record.ts";

const nameOf = (id: string) => (id === "comfyui" ? "ComfyUI" : id);
const EN = { words: handoverEn, language: "en", nowMs: 1_000_000, nameOf } as const;
const ZH = { ...EN, words: handoverZhCn, language: "zh-CN" } as const;
const next = { do: "release", backend: "comfyui", reason: "backend", forWhom: "llm", at: 1_008_000 } as const;

test("HND-30 who leaves for whom, who leaves alone and who comes back, with the seconds by the sidecar's clock", () => {
  expect(sayNext(next, EN)).toEqual({
    text: { long: "ComfyUI leaves for llm", short: "ComfyUI leaves" },
    when: { long: "in 8 s", short: "8 s" },
  });
  expect(sayNext({ ...next, forWhom: null }, EN).text.long).toBe("ComfyUI leaves: idle");
  expect(sayNext({ ...next, do: "load", forWhom: null }, ZH).text.long).toBe("ComfyUI 将重新加载");
  expect(sayNext({ ...next, at: 990_000 }, ZH).when?.long).toBe("0 秒后");
});

test("HND-31 a hold that waits has no end yet, one that is there has minutes, at least one", () => {
  const hold = { by: "me", since: 0, active: true, endsAt: 1_840_000 };
  expect(sayHold(hold, EN).when).toEqual({ long: "ends in 14 min", short: "14 min" });
  expect(sayHold({ ...hold, endsAt: 1 }, ZH).when?.long).toBe("60 秒后结束");
  expect(sayHold({ ...hold, active: false }, EN)).toMatchObject({
    text: { long: "Held when the running job ends" },
    when: null,
  });
});

const RECORD: ReleaseRecord = {
  ...{ id: "a", startedAt: 0, finishedAt: 3000, requestedBy: "hand-over", mode: "auto", state: "done" },
  ...{ freedMiB: 14_000, gpus: [], problem: null, reason: "hand-over", forWhom: "clip" },
  parts: [{ backend: "comfyui", state: "done", freedMiB: 14_000, problem: null }],
};

test("HND-32 an act of the past: for whom, back, what it brought or took, and for how long", () => {
  const say = (record: ReleaseRecord) => sayAct(record, handoverEn.past, nameOf, "14:05");
  expect(say(RECORD)).toBe("14:05 · hand-over · ComfyUI left for clip");
  expect(say({ ...RECORD, forWhom: null })).toBe("14:05 · hand-over · ComfyUI left");
  expect(say({ ...RECORD, did: "load" })).toBe("14:05 · hand-over · ComfyUI loaded again");
  expect(broughtOf(RECORD, "en")).toBe("13.7 GiB · 3 s");
  expect(broughtOf({ ...RECORD, did: "load", freedMiB: -14_000 }, "en")).toBe("−13.7 GiB · 3 s");
  const { reason: _, ...pressed } = RECORD;
  expect(broughtOf(pressed, "en")).toBe("13.7 GiB");
});
