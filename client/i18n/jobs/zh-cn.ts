import type { JobsWords } from "./words.ts";

export const jobsZhCn: JobsWords = {
  title: "任务",
  none: "没有已声明的任务",
  more: "另 {n} 个",
  count: "运行中 {running} 个，等待 {waiting} 个",
  running: "运行中",
  waiting: "排队中，第 {n} 位",
  queued: "排队中",
  on: "GPU {gpus}",
  needs: "需要 {n} 块 GPU",
  reserved: "每块 {gib} GiB",
  since: "已 {time}",
  ends: "约 {at} 结束",
  left: "还需 {time}",
  over: "比平时久",
  endUnknown: "结束时间未知",
  starts: "约 {at} 开始",
  in: "约 {time}后",
  soon: "即将开始",
  startUnknown: "开始时间未知",
};
