import { expect, inject, test } from "vitest";
import { evaluate, type Health, NEW_HEALTH } from "../../../../server/health/evaluate.ts";
import type { Moment } from "../../../../server/health/moment.ts";
import { createRules } from "../../../../server/health/rules/all.ts";
import { BEGIN_MS, DEFAULT_RULES, type Frame, gpu, gpuOf, play, TOTAL_MIB } from "./trace.ts";

/** In the long tier a day, else four hours of it. */
const DAY_S = inject("runs") > 1 ? 86_400 : 14_400;

/** A generator of numbers that looks like chance and is the same each time (mulberry32), with a normal distribution. */
function createNoise(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
}

/** A day in which every figure stays at its red line and jitters across it, sample by sample. */
function* dayOnTheLine(naive: { crossings: number }): Generator<Frame> {
  const noise = createNoise(20_261_121);
  const near = (line: number, spread: number) => line + spread * noise();
  let below = false;
  for (let second = 0; second < DAY_S; second++) {
    const busy = Math.min(100, Math.max(0, near(60, 6)));
    const full = near(98.7, 0.15);
    if (full >= 98.7 !== below) naive.crossings++;
    below = full >= 98.7;
    const temperatureC = Math.round(near(80, 1.5));
    const free = (TOTAL_MIB * (100 - full)) / 100;
    yield {
      // Jobs of ten minutes with a minute between them.
      ...(second % 660 < 600 ? { running: [[0]] } : second % 660 === 600 ? { ends: "done" as const } : {}),
      gpus: [
        gpu(TOTAL_MIB - free, second % 660 < 600 ? busy : 0, {
          memoryFreeMiB: free,
          temperatureC,
          fanPct: noise() > 0 ? 0 : 12,
          throttle: noise() > 0.7 ? ["hw-thermal", "hw-slowdown"] : ["power-cap"],
        }),
        gpu(TOTAL_MIB * 0.3 + 60 * noise(), 0),
      ],
      host: {
        load1: near(7, 0.3),
        memoryUsedMiB: near(0.97, 0.003) * 64_000,
        cpuLimit: 4,
        cpuPeriods: { all: 10 * second, throttled: Math.round(5 * second + 3 * noise()) },
      },
    };
  }
}

test("HLT-3 samples that jitter across every red line for a day, one a second: nothing flaps", () => {
  const naive = { crossings: 0 };
  const transitions = play(dayOnTheLine(naive));
  // What a bare comparison would have told.
  expect(naive.crossings).toBeGreaterThan(0.46 * DAY_S);
  const byRule = new Map<string, number[]>();
  for (const { finding, second } of transitions) {
    const key = `${finding.rule} ${finding.gpu}`;
    byRule.set(key, [...(byRule.get(key) ?? []), second]);
  }
  for (const [key, seconds] of byRule) {
    expect(seconds.length, key).toBeLessThanOrEqual(24);
  }
  expect(byRule.has("vram-red-line GPU-0")).toBe(true);
  expect(byRule.has("cpu-load null")).toBe(true);
  expect(byRule.has("thermal-throttling GPU-0")).toBe(true);
}, 180_000);

test("HLT-3b a healthy day says nothing at all", () => {
  const noise = createNoise(7);
  function* day(): Generator<Frame> {
    for (let second = 0; second < DAY_S; second += 5) {
      const at = second % 900;
      const works = at < 700;
      yield {
        stepMs: 5000,
        ...(works ? { running: [[0]] } : at === 700 ? { ends: "done" as const } : {}),
        gpus: [
          gpu(works ? 18_000 + 50 * noise() : 2000 + 20 * noise(), works ? 95 + noise() : 0, {
            temperatureC: Math.round((works ? 71 : 52) + noise()),
            throttle: works ? ["power-cap"] : [],
          }),
        ],
        host: { load1: 2.5 + 0.3 * noise() },
      };
    }
  }
  expect(play(day())).toEqual([]);
});

test("HLT-3 what is slow in a part of every clip, such as tiled decoding, is one alert and not one a clip", () => {
  const noise = createNoise(11);
  function* clips(): Generator<Frame> {
    for (let second = 0; second < 3600; second++) {
      const at = second % 180;
      const busy = at < 110 ? 97 + noise() : at < 150 ? 35 + 6 * noise() : 0;
      const used = at < 150 ? 16_000 : 3000;
      yield { ...(at < 150 ? { running: [[0]] } : {}), gpus: [gpu(used, Math.min(100, Math.max(0, busy)))] };
    }
  }
  const said = play(clips()).filter(({ finding }) => finding.rule === "low-utilization");
  expect(said.map(({ kind }) => kind)).toEqual(["began"]);
});

test("HLT-4 looking at eight GPUs costs little, once for all viewers", () => {
  const rules = createRules(DEFAULT_RULES);
  const noise = createNoise(1);
  let health: Health = NEW_HEALTH;
  const moments = Array.from(
    { length: 4000 },
    (_, second): Moment => ({
      nowMs: BEGIN_MS + 1000 * second,
      gpus: Array.from({ length: 8 }, (_, i) => gpuOf(gpu(18_000 + 100 * noise(), 90 + 5 * noise()), i)),
      slow: new Map(),
      host: {
        atMs: BEGIN_MS + 1000 * second,
        load1: 3,
        coreCount: 16,
        cpuLimit: null,
        cpuPeriods: null,
        memoryUsedMiB: 8000,
        memoryMostMiB: 64_000,
        memoryOf: "machine",
        oomKills: 0,
      },
      running: [{ id: "a", gpus: [0, 1, 2, 3, 4, 5, 6, 7], startedMs: BEGIN_MS }],
      ended: [],
      busy: true,
      releasing: false,
      xids: [],
    }),
  );
  for (const moment of moments) health = evaluate(health, moment, rules).health;
  expect(health.gpus.size).toBe(8);
  // Memory stays bounded: a minute of VRAM, a few jobs.
  for (const { track } of health.gpus.values()) {
    expect(track.recent.length).toBeLessThanOrEqual(70);
    expect(track.log.length).toBeLessThanOrEqual(16);
  }
});
