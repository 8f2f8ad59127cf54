import type { FitWords } from "./words.ts";

export const fitZhCn: FitWords = {
  title: "怎样腾出显存",
  missing: "还差 {gib} GiB。",
  never: "即使没有其他任务，这些 GPU 的显存也不够。",
  release: "释放 {backends} 的空闲模型：约 {gib} GiB",
  restart: "重启 {backends}（释放对它不起作用）：约 {gib} GiB",
  wait: "等待 {job}：约 {time}后空出 {gib} GiB",
  waitUnknown: "等待 {job}：空出 {gib} GiB",
  tiling: "开启 VAE 分块：约 {gib} GiB（来自一份报告）",
  other: {
    quantize: "量化：{label}，{gib} GiB",
    resolution: "降低分辨率：{label}，{gib} GiB",
    frames: "减少帧数：{label}，{gib} GiB",
    offload: "卸载到内存：{label}，{gib} GiB",
    "more-gpus": "使用更多 GPU：{label}，每块 {gib} GiB",
    "lighter-model": "更轻的模型：{label}，{gib} GiB",
  },
  enough: "足够",
  notEnough: "仅此还不够",
  choose: "选用",
  nothing: "目前没有已知的办法。请关闭 GPU 上的其他程序。",
};
