import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Archive, createArchive } from "../../../../server/history/archive.ts";
import { type BlockStore, openBlockStore } from "../../../../server/history/block-store.ts";
import { gridOf, seriesOf, totalOf } from "../../../../server/history/downsample.ts";
import type { Gpu } from "../../../../shared/gpu/gpu.ts";
import { gpuWith, type handClocks, sampleOf } from "./past-samples.ts";

export const START = Date.UTC(2026, 10, 21, 12, 0, 0);
export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
export function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "history-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "history.sqlite");
}

export function open(file: string, clocks: ReturnType<typeof handClocks>) {
  const said: string[] = [];
  const store = openBlockStore(file, (message) => said.push(message));
  return {
    said,
    store,
    archive: createArchive(store, { longestIntervalMs: () => 5000, clocks: clocks.now }),
  };
}

/** A disk that never works. */
export const noDisk: BlockStore = {
  read: () => null,
  write: () => false,
  prune: () => {},
  problem: () => null,
  close: () => {},
};

export function pointsOf(
  archive: Archive,
  uuid: string,
  fromMs: number,
  toMs: number,
  nowMs: number,
  points = 400,
) {
  const grid = gridOf({ fromMs, toMs, points }, nowMs);
  const cells = archive.points(uuid, grid);
  return {
    ...grid,
    memory: seriesOf(cells, grid.count, 0),
    utilization: seriesOf(cells, grid.count, 1),
    power: totalOf(cells, grid.count, 3),
  };
}
export const known = <T>(list: readonly (T | null)[]) => list.filter((value) => value !== null);

/** One GPU sampled every second with these figures for VRAM. */
export function feed(
  archive: Archive,
  clocks: ReturnType<typeof handClocks>,
  figures: readonly (number | null)[],
  more: Partial<Gpu> = {},
) {
  for (const memoryUsedMiB of figures) {
    archive.append(sampleOf(gpuWith("G", { memoryUsedMiB, ...more })));
    clocks.pass(1000);
  }
  // A second is kept when the next one has begun.
  archive.append(sampleOf(gpuWith("G", {})));
}
