import { toldOf } from "../../shared/protocol/group-overview.ts";
import type { WhatIf } from "../../shared/what-if/what-if.ts";
import { NOW_MS } from "./fixtures.ts";
import { SIXTY_FOUR, THREE } from "./groups.ts";

/** What is pressed in a state, one after the other, and what the sidecar answers. */
export interface Opened {
  press: readonly string[];
  answers: readonly unknown[];
}

/** What opens the reasons of the answer, in each view. */
const WHY = [".room .push", ".c1 .push", ".bb .answer"].map((one) => `${one}[aria-haspopup=dialog]`).join();
const HOUR_MS = 3_600_000;
const MIB = 1024;

const NONE: WhatIf = {
  ...{ estimate: true, days: 7, from: NOW_MS - 7 * 24 * HOUR_MS, to: NOW_MS, jobs: 214, unjudged: 0 },
  ...{ recordedDays: 6.9, daysWithoutRecord: [], collisions: [] },
  outOfMemory: { recorded: 0, avoided: 0, added: 0 },
  waits: { jobs: 3, seconds: 38, longestSeconds: 21 },
};
const SOME: WhatIf = {
  ...{ ...NONE, recordedDays: 5.2, daysWithoutRecord: ["2026-11-23"], unjudged: 12 },
  outOfMemory: { recorded: 3, avoided: 2, added: 0 },
  waits: { jobs: 9, seconds: 412, longestSeconds: 130 },
  collisions: [
    {
      ...{ at: NOW_MS - 2 * HOUR_MS, id: "a", job: "ComfyUI", gpus: [0], avoided: true },
      taker: {
        ...{ pid: 4711, name: "/usr/bin/python", backend: null, job: null },
        ...{ tookMiB: 8.1 * MIB, secondsBefore: 40 },
      },
    },
    {
      ...{ at: NOW_MS - 30 * HOUR_MS, id: "b", job: "Wan 2.2 14B, 1280 × 720", gpus: [0], avoided: true },
      taker: {
        ...{ pid: 90_210, name: "python3", backend: null, job: "nightly training" },
        ...{ tookMiB: 14.6 * MIB, secondsBefore: 410 },
      },
    },
    {
      ...{ at: NOW_MS - 77 * HOUR_MS, id: "c", job: "HunyuanVideo", gpus: [1], avoided: false },
      taker: null,
    },
  ],
};

/** States in which something is open. */
export const OPENED: Readonly<Record<string, Opened>> = {
  "what-if": { press: [WHY, ".what-if"], answers: [NONE] },
  collisions: { press: [WHY, ".what-if"], answers: [SOME] },
  // Nothing is opened: the hosts are there once their heads are. The small views show none.
  "group-3": { press: [".hr.th, .cp, .bb"], answers: [{ n: 1, ...toldOf(THREE) }] },
  "group-64": { press: [".hr.th, .cp, .bb"], answers: [{ n: 1, ...toldOf(SIXTY_FOUR) }] },
};
