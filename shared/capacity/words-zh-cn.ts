import type { CapacityWords } from "./explain.ts";

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
  unified: "此 GPU 与主机共用内存，以上为主机内存数据",
};
