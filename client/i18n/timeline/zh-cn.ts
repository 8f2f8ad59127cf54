import type { TimelineWords } from "./words.ts";

export const timelineZhCn: TimelineWords = {
  jobs: "此 GPU 上的任务",
  marked: "已登记的任务",
  inferred: "疑似任务",
  running: "运行中",
  ended: "已结束",
  peak: "峰值 {gib} GiB",
  expected: "预计峰值 {gib} GiB",
  more: "另有 {n} 个",
  promised: "已承诺至 {gib} GiB",
  reserve: "预留自 {gib} GiB 起",
  phase: "阶段 {n}",
  phases: {
    "high-noise model": "高噪声模型",
    "low-noise model loads": "加载低噪声模型",
    "low-noise model": "低噪声模型",
    "sampling peak": "采样峰值",
    after: "已卸载",
  },
};
