import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { problem } from "../../../../shared/problems/make-problem.ts";
import { recordOf, releaseRecordSchema } from "../../../../shared/release/record.ts";
import {
  IDLE_RELEASE,
  isReleasing,
  RELEASE_PHASES,
  type Release,
} from "../../../../shared/release/release.ts";

const ended: Release = {
  ...IDLE_RELEASE,
  state: "done",
  id: "one",
  mode: "after-current",
  backend: "comfyui",
  requestedBy: "10.0.0.7",
  startedAt: 1000,
  finishedAt: 2000,
  estimateMiB: 5,
  freedMiB: 18_786,
  gpus: [{ index: 0, beforeMiB: 20_123, afterMiB: 1337, freedMiB: 18_786 }],
  parts: [
    {
      backend: "comfyui",
      state: "done",
      freedMiB: 18_786,
      claim: { freedMiB: 1, models: ["secret"] },
      problem: null,
    },
    {
      backend: "http",
      state: "failed",
      freedMiB: null,
      claim: null,
      problem: problem("backend-status", { status: 500 }),
    },
  ],
  stillHeldBy: [{ gpu: 0, pid: 5, name: "python", usedMiB: 400, because: "context" }],
  problem: problem("backend-status", { status: 500 }),
};

describe("what is kept of a release", () => {
  test("REL-15 who, when, mode, what was freed of each GPU and backend, and what was wrong", () => {
    expect(recordOf(ended)).toEqual({
      id: "one",
      startedAt: 1000,
      finishedAt: 2000,
      requestedBy: "10.0.0.7",
      mode: "after-current",
      state: "done",
      freedMiB: 18_786,
      gpus: ended.gpus,
      parts: [
        { backend: "comfyui", state: "done", freedMiB: 18_786, problem: null },
        { backend: "http", state: "failed", freedMiB: null, problem: "backend-status" },
      ],
      problem: "backend-status",
    });
  });

  test("REL-15 it reads back as it was written", () => {
    const record = recordOf(ended);
    expect(v.parse(releaseRecordSchema, JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  test("REL-15 one in progress has no record, every one that has ended has", () => {
    for (const state of RELEASE_PHASES) {
      const over = state === "done" || state === "failed";
      expect(recordOf({ ...ended, state }) !== null, state).toBe(over);
      if (isReleasing({ state })) expect(over).toBe(false);
    }
    expect(recordOf(IDLE_RELEASE)).toBeNull();
    expect(recordOf({ ...ended, finishedAt: null })).toBeNull();
    expect(recordOf({ ...ended, id: null })).toBeNull();
  });
});
