import type { CapacityWords } from "./explain.ts";

export const capacityWordsZhCn: CapacityWords = {
  free: "空闲 {free} MiB",
  promised: " − 运行中任务还会占用 {promised}",
  residents: " − 该任务 {residents}",
  reserve: " − 留空 {reserve}",
  some: " = {room} MiB；每个任务需 {perJob}：{n} 个",
  none: " = {room} MiB；每个任务需 {perJob}：还差 {missing}",
  inResidents: "{in} 中可启动 {count} 个：其已占用的显存计入自己的任务",
  notReported: "此 GPU 不报告显存数据，无法给出建议",
  between: "；",
  reclaimable: "释放空闲模型约可增加 {reclaimable} MiB",
  running: "运行中 {running} + {more} = {max}",
  notFaster: "GPU 利用率 {util}%：还能再放一个任务，但不会更快完成",
  unified: "此 GPU 与宿主机共用内存，以上为宿主机的内存数据",
};
