import type { ReplayWords } from "./words.ts";

export const replayZhCn: ReplayWords = {
  label: "录制回放",
  play: "播放",
  pause: "暂停",
  speed: "速度",
  position: "回放位置",
  whole: "查看全程",
  wrong: "{count} 行无法读取（第 {first} 行）",
  thinned: "每 {n} 个采样合并为一个播放",
  failed: "操作失败：{message}",
};
