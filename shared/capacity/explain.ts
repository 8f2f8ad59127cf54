import { fillIn } from "../problems/fill-in.ts";
import type { GpuCapacity } from "./concurrency.ts";

/** The arithmetic of a recommendation in words; `{name}` places are filled with figures in MiB. */
export interface CapacityWords {
  arithmetic: string;
  noRoom: string;
  notReported: string;
}

export const capacityWordsEn: CapacityWords = {
  arithmetic: "({free} MiB free − {reserve} MiB reserve) ÷ {perJob} MiB per job = {ratio}, rounded down: {n}",
  noRoom:
    "({free} MiB free − {reserve} MiB reserve) is less than the {perJob} MiB that one job needs: {missing} MiB are missing",
  notReported: "this GPU reports no VRAM figures, so nothing can be recommended",
};

export const capacityWordsZhCn: CapacityWords = {
  arithmetic: "（空闲 {free} MiB − 预留 {reserve} MiB）÷ 每个任务 {perJob} MiB = {ratio}，向下取整：{n}",
  noRoom: "（空闲 {free} MiB − 预留 {reserve} MiB）小于一个任务所需的 {perJob} MiB：还差 {missing} MiB",
  notReported: "此 GPU 不报告显存数据，无法给出建议",
};

/** The recommendation's own arithmetic as a sentence. */
export function explainCapacity(capacity: GpuCapacity, words: CapacityWords): string {
  const { canStart, freeMiB, reserveMiB, perJobMiB } = capacity;
  if (canStart === null || freeMiB === null || reserveMiB === null) return words.notReported;
  const room = freeMiB - reserveMiB;
  const figures = {
    free: grouped(freeMiB),
    reserve: grouped(reserveMiB),
    perJob: grouped(perJobMiB),
    // Rounded down as the answer is: 1.999 shown as 2.00 would contradict it.
    ratio: (Math.floor((room * 100) / perJobMiB) / 100).toFixed(2),
    n: canStart,
    missing: grouped(perJobMiB - room),
  };
  return fillIn(canStart === 0 ? words.noRoom : words.arithmetic, figures);
}

/** 39500 → "39,500"; both languages group so. */
function grouped(mib: number): string {
  return String(Math.round(mib)).replace(/\B(?=(\d{3})+$)/g, ",");
}
