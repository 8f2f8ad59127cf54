import type { JobsWords } from "./words.ts";

export const jobsZhCn: JobsWords = {
  title: "任务",
  running: "运行中",
  waiting: "等待中，第 {n} 位",
  on: "GPU {gpus}",
  reserved: "每块 {gib} GiB",
  left: "约剩 {time}",
  over: "比平时久",
  since: "已 {time}",
};
