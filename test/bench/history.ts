import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { askHistory } from "../helpers/history-client.ts";
import { connectPanel } from "../helpers/panel-client.ts";
import { startSidecar } from "../helpers/sidecar.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { GPU_COUNT, withBusyMachine } from "./busy-machine.ts";
import { type Figure, median, type Section } from "./figure.ts";
import { pidOf, startNodeChild } from "./node-child.ts";
import { residentMib } from "./proc-usage.ts";
import { COARSE_STEP_MS, DAYS, FLUSH_EVERY_MS, writtenSchema } from "./write-thirty-days.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ZOOMS: readonly [string, number][] = [
  ["1 min", MINUTE_MS],
  ["15 min", 15 * MINUTE_MS],
  ["1 h", HOUR_MS],
  ["6 h", 6 * HOUR_MS],
  ["24 h", DAY_MS],
  ["7 d", 7 * DAY_MS],
  ["30 d", DAYS * DAY_MS],
];
const ROUNDS = 7;
const MOST_DISK_MIB = 150;
const MOST_ANSWER_MS = 50;
const MOST_RSS_MIB = 110;

/** Thirty days of eight busy GPUs, written by the store that the sidecar has, then asked of a real sidecar. */
export const historySection: Section = async () => {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-bench-"));
  const file = join(folder, "history.sqlite");
  try {
    const written = await writeInChild(file);
    const answered = await withBusyMachine((fake) =>
      ask({ ...fake.env, GPU_PANEL_DATA_DIR: folder }, fake.path),
    );
    const figures: Figure[] = [
      { name: "disk, 30 days of 8 GPUs", value: written.diskMib, unit: "MiB", aim: MOST_DISK_MIB },
      { name: "one write, median", value: written.flushMs, unit: "ms" },
      { name: "one write, slowest", value: written.slowestFlushMs, unit: "ms" },
      { name: "a sample of 8 GPUs taken in", value: written.sampleUs, unit: "µs" },
      ...answered,
    ];
    return {
      figures,
      notes: [
        `The last day by the second, ${DAYS - 1} days before it every ${COARSE_STEP_MS / 1000} s; in it a write every ${FLUSH_EVERY_MS / 1000} s.`,
        `Answers of 300 points over HTTP with the JSON read, median of ${ROUNDS}; RSS of the sidecar behind all of them, watched by one panel.`,
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

async function writeInChild(file: string) {
  const child = await startNodeChild("write-history.mjs", [file]);
  await child.end();
  return v.parse(writtenSchema, JSON.parse(child.line));
}

async function ask(env: NodeJS.ProcessEnv, nvidiaSmi: string): Promise<Figure[]> {
  const before = performance.now();
  const sidecar = await startSidecar(["--nvidia-smi", nvidiaSmi], env);
  const startedMs = performance.now() - before;
  const panel = connectPanel(sidecar.url);
  try {
    await waitUntil(() => panel.samples.length > 0, { what: "a sample" });
    const figures: Figure[] = [{ name: "start with 30 days on disk", value: startedMs, unit: "ms" }];
    let slowestMs = 0;
    for (const [name, spanMs] of ZOOMS) {
      const tookMs: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const gpu = round % GPU_COUNT;
        tookMs.push(await timed(sidecar.url, { gpu, from: Date.now() - spanMs }));
      }
      figures.push({
        name: `the last ${name}, one GPU`,
        value: median(tookMs),
        unit: "ms",
        aim: MOST_ANSWER_MS,
      });
      slowestMs = Math.max(slowestMs, ...tookMs);
    }
    // The limit on questions lets the next ones through by then.
    await sleep(5000);
    const allMs: number[] = [];
    for (let round = 0; round < ROUNDS; round++)
      allMs.push(await timed(sidecar.url, { from: Date.now() - DAYS * DAY_MS }));
    figures.push(
      { name: "the slowest of these", value: slowestMs, unit: "ms" },
      { name: "the last 30 d, all 8 GPUs", value: median(allMs), unit: "ms", aim: MOST_ANSWER_MS },
      { name: "RSS", value: residentMib(pidOf(sidecar.child)), unit: "MiB", aim: MOST_RSS_MIB },
    );
    return figures;
  } finally {
    panel.close();
    await sidecar.end();
  }
}

async function timed(url: string, query: Record<string, number>): Promise<number> {
  const before = performance.now();
  const { status, answer } = await askHistory(url, query);
  const tookMs = performance.now() - before;
  if (answer === null) throw new Error(`a question was refused with ${status}`);
  const known = answer.gpus.every(({ memoryUsedMiB }) => memoryUsedMiB.max.some((value) => value !== null));
  if (!known && query.from !== undefined && Date.now() - query.from > HOUR_MS)
    throw new Error("nothing is known of a long stretch");
  return tookMs;
}
