import { fillIn } from "../problems/fill-in.ts";
import type { GpuCapacity } from "./concurrency.ts";
import type { Usefulness } from "./useful.ts";

/** The arithmetic of a recommendation in words; `{name}` places are filled with figures in MiB. */
export interface CapacityWords {
  arithmetic: string;
  noRoom: string;
  /** The same where something is promised to what runs. */
  arithmeticPromised: string;
  noRoomPromised: string;
  notReported: string;
  /** Added sentences. */
  weightsLoaded: string;
  reclaimable: string;
  running: string;
  notFaster: string;
}

export const capacityWordsEn: CapacityWords = {
  arithmetic: "({free} MiB free − {reserve} MiB reserve) ÷ {perJob} MiB per job = {ratio}, rounded down: {n}",
  noRoom:
    "({free} MiB free − {reserve} MiB reserve) is less than the {perJob} MiB that one job needs: {missing} MiB are missing",
  arithmeticPromised:
    "({free} MiB free − {promised} MiB promised to what runs − {reserve} MiB reserve) ÷ {perJob} MiB per job = {ratio}, rounded down: {n}",
  noRoomPromised:
    "({free} MiB free − {promised} MiB promised to what runs − {reserve} MiB reserve) is less than the {perJob} MiB that one job needs: {missing} MiB are missing",
  notReported: "this GPU reports no VRAM figures, so nothing can be recommended",
  weightsLoaded: "the weights are loaded already, so only the rest counts",
  reclaimable: "a release of idle models would add about {reclaimable} MiB",
  running: "{running} running + {n} = {max}",
  notFaster: "the GPU is {util} % busy: another job fits but will not finish sooner",
};

export const capacityWordsZhCn: CapacityWords = {
  arithmetic: "（空闲 {free} MiB − 预留 {reserve} MiB）÷ 每个任务 {perJob} MiB = {ratio}，向下取整：{n}",
  noRoom: "（空闲 {free} MiB − 预留 {reserve} MiB）小于一个任务所需的 {perJob} MiB：还差 {missing} MiB",
  arithmeticPromised:
    "（空闲 {free} MiB − 已承诺给运行中任务 {promised} MiB − 预留 {reserve} MiB）÷ 每个任务 {perJob} MiB = {ratio}，向下取整：{n}",
  noRoomPromised:
    "（空闲 {free} MiB − 已承诺给运行中任务 {promised} MiB − 预留 {reserve} MiB）小于一个任务所需的 {perJob} MiB：还差 {missing} MiB",
  notReported: "此 GPU 不报告显存数据，无法给出建议",
  weightsLoaded: "权重已加载，只计其余部分",
  reclaimable: "释放空闲模型约可增加 {reclaimable} MiB",
  running: "运行中 {running} + {n} = {max}",
  notFaster: "GPU 利用率 {util} %：还能再放一个任务，但不会更快完成",
};

/** The recommendation's own arithmetic as a sentence. */
export function explainCapacity(capacity: GpuCapacity, words: CapacityWords): string {
  const { canStart, freeMiB, reserveMiB, promisedMiB, perJobMiB } = capacity;
  if (canStart === null || freeMiB === null || reserveMiB === null) return words.notReported;
  // The terms are shown in whole MiB, so that is what they are added up as.
  const promised = Math.round(promisedMiB ?? 0);
  const room = Math.round(freeMiB) - promised - Math.round(reserveMiB);
  const figures = {
    free: grouped(freeMiB),
    promised: grouped(promised),
    reserve: grouped(reserveMiB),
    perJob: grouped(perJobMiB),
    // Rounded down as the answer is: 1.999 shown as 2.00 would contradict it.
    ratio: (Math.floor((room * 100) / perJobMiB) / 100).toFixed(2),
    n: canStart,
    missing: grouped(perJobMiB - room),
  };
  if (promised === 0) return fillIn(canStart === 0 ? words.noRoom : words.arithmetic, figures);
  return fillIn(canStart === 0 ? words.noRoomPromised : words.arithmeticPromised, figures);
}

/** What else the answer rests on, one sentence each; empty where there is nothing to add. */
export function explainFurther(
  capacity: GpuCapacity,
  words: CapacityWords,
  useful: Usefulness | null = null,
): string[] {
  const { canStart, running, recommendedMax, reclaimableMiB, weightsLoaded } = capacity;
  if (canStart === null) return [];
  const figures = {
    reclaimable: grouped(reclaimableMiB ?? 0),
    running: running ?? 0,
    n: canStart,
    max: recommendedMax ?? 0,
    util: Math.round(useful?.utilizationPct ?? 0),
  };
  const sentences = [
    (running ?? 0) > 0 && words.running,
    weightsLoaded && words.weightsLoaded,
    (reclaimableMiB ?? 0) > 0 && words.reclaimable,
    canStart > 0 && useful?.verdict === "not-faster" && words.notFaster,
  ];
  return sentences.flatMap((sentence) => (sentence === false ? [] : [fillIn(sentence, figures)]));
}

/** 39500 → "39,500"; both languages group so. */
function grouped(mib: number): string {
  return String(Math.round(mib)).replace(/\B(?=(\d{3})+$)/g, ",");
}
