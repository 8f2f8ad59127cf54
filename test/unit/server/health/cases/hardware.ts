import { expect } from "vitest";
import { during, gpu } from "../trace.ts";
import { type Case, idle, job } from "./case.ts";

/** Hours of work at a temperature that `at` gives for the hour. */
const hot = (hours: number, at: (hour: number) => number) =>
  during(hours * 720, (i) => ({
    stepMs: 5000,
    gpus: [gpu(16_000, 95, { temperatureC: Math.round(at(i / 720)) })],
  }));

export const HARDWARE: readonly Case[] = [
  // temperature over hours
  {
    rule: "temperature-rising",
    seen: "66 to 78 °C in four hours of work",
    fires: true,
    frames: hot(4, (hour) => 66 + 3 * hour + (hour % 0.1) * 10),
    params: { gpu: 0, from: expect.any(Number), to: expect.any(Number) },
  },
  {
    rule: "temperature-rising",
    seen: "a card that warms up in 15 minutes and stays",
    fires: false,
    frames: hot(4, (hour) => 72 - 30 * Math.exp(-hour * 12)),
  },
  {
    rule: "temperature-rising",
    seen: "up and down by 4 °C",
    fires: false,
    frames: hot(5, (hour) => 72 + 4 * Math.sin(hour * 3)),
  },
  // what the driver reports
  {
    rule: "thermal-throttling",
    seen: "hw-thermal in two of three samples for 30 s",
    fires: true,
    frames: during(30, (s) => ({
      gpus: [gpu(16_000, 95, { temperatureC: 91, throttle: s % 3 < 2 ? ["hw-slowdown", "hw-thermal"] : [] })],
    })),
    params: { gpu: 0, temperature: 91 },
  },
  {
    rule: "thermal-throttling",
    seen: "the power limit",
    fires: false,
    frames: during(120, { gpus: [gpu(16_000, 95, { throttle: ["power-cap"] })] }),
  },
  {
    rule: "thermal-throttling",
    seen: "for 5 s",
    fires: false,
    frames: [...during(5, { gpus: [gpu(16_000, 95, { throttle: ["sw-thermal"] })] }), ...idle(60)],
  },
  {
    rule: "power-brake",
    seen: "hw-power-brake for 15 s",
    fires: true,
    frames: during(15, { gpus: [gpu(16_000, 95, { throttle: ["hw-slowdown", "hw-power-brake"] })] }),
  },
  {
    rule: "power-brake",
    seen: "slowed down by heat",
    fires: false,
    frames: during(60, { gpus: [gpu(16_000, 95, { throttle: ["hw-slowdown", "hw-thermal"] })] }),
  },
  {
    rule: "fan-stopped",
    seen: "0 % at 86 °C",
    fires: true,
    frames: during(15, { gpus: [gpu(16_000, 95, { fanPct: 0, temperatureC: 86 })] }),
    params: { gpu: 0, temperature: 86 },
  },
  {
    rule: "fan-stopped",
    seen: "0 % at 52 °C: it rests",
    fires: false,
    frames: during(60, { gpus: [gpu(1000, 0, { fanPct: 0, temperatureC: 52 })] }),
  },
  {
    rule: "fan-stopped",
    seen: "no fan at 86 °C: a passive card",
    fires: false,
    frames: during(60, { gpus: [gpu(16_000, 95, { fanPct: null, temperatureC: 86 })] }),
  },
  {
    rule: "gpu-lost",
    seen: "one of two does not answer",
    fires: true,
    frames: [
      ...during(5, { gpus: [{}, {}] }),
      ...during(10, { gpus: [{}, { lost: true, memoryUsedMiB: null }] }),
    ],
    params: { gpu: 1 },
  },
  {
    rule: "gpu-lost",
    seen: "for 3 s",
    fires: false,
    frames: [...during(3, { gpus: [{ lost: true }] }), ...idle(60)],
  },
  {
    rule: "gpu-needs-reset",
    seen: "the driver says so of one of two",
    fires: true,
    frames: [...during(5, { gpus: [{}, {}] }), { gpus: [{}, { needsReset: true, memoryUsedMiB: null }] }],
    params: { gpu: 1 },
  },
  {
    rule: "gpu-needs-reset",
    seen: "nothing of the kind",
    fires: false,
    frames: during(5, { gpus: [{}, { lost: true }] }),
  },
  {
    rule: "ecc-errors",
    seen: "two uncorrected errors",
    fires: true,
    frames: [{ slow: {} }, { slow: { eccUncorrected: 2 } }, {}],
    params: { gpu: 0, count: 2 },
  },
  {
    rule: "ecc-errors",
    seen: "a card without ECC",
    fires: false,
    frames: [{ slow: { eccUncorrected: null } }, ...idle(60)],
  },
  {
    rule: "pcie-degraded",
    seen: "x4 in place of x16 in two readings under load",
    fires: true,
    frames: [
      ...during(10, job(16_000, 95)),
      { ...job(16_000, 95), slow: { pcieWidth: 4 } },
      ...during(60, job(16_000, 95)),
      { ...job(16_000, 95), slow: { pcieWidth: 4 } },
    ],
    params: { gpu: 0, now: "4.0 x4", best: "4.0 x16" },
  },
  {
    rule: "pcie-degraded",
    seen: "generation 1 at rest",
    fires: false,
    frames: [
      ...idle(10),
      { slow: { pcieGen: 1 } },
      ...idle(60),
      { slow: { pcieGen: 1 } },
      ...during(60, job(16_000, 95)),
    ],
  },
  {
    rule: "pcie-degraded",
    seen: "one bad reading",
    fires: false,
    frames: [
      ...during(10, job(16_000, 95)),
      { ...job(16_000, 95), slow: { pcieGen: 3 } },
      ...during(60, job(16_000, 95)),
      { ...job(16_000, 95), slow: {} },
      ...during(9, job(16_000, 95)),
    ],
  },
  {
    rule: "xid",
    seen: "79 for the second GPU",
    fires: true,
    frames: [
      { gpus: [{}, {}], slow: {} },
      { gpus: [{}, {}], xids: [{ busId: "0000:02:00", code: 79 }] },
    ],
    params: { gpu: 1, code: 79 },
  },
  {
    rule: "xid",
    seen: "for a card that is not shown",
    fires: false,
    frames: [{ slow: {} }, { xids: [{ busId: "0000:41:00", code: 79 }] }, {}],
  },
];
