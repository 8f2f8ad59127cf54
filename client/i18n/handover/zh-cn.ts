import type { HandoverWords } from "./words.ts";

export const handoverZhCn: HandoverWords = {
  leaves: "{backend} 闲置，将让出显卡",
  leavesFor: "{backend} 将让位给 {whom}",
  comes: "{backend} 将重新加载",
  brief: {
    leaves: "{backend} 将让出",
    comes: "{backend} 将加载",
    held: "已占用",
    willHold: "即将占用",
  },
  in: "{n} 秒后",
  seconds: "{n} 秒",
  notNow: "暂不",
  card: "显卡",
  hold: "占用显卡",
  holdHint: "用于游戏或手动操作：不放行任何任务。显卡闲置后自动结束。",
  held: "显卡已占用：不放行任何任务",
  ends: "{time}后结束",
  heldUntil: "{held}。若显卡一直闲置，{ends}。",
  willHold: "当前任务结束后占用显卡",
  endHold: "结束占用",
  past: {
    leftFor: "{time} · 显卡交接 · {backend} 让位给 {whom}",
    left: "{time} · 显卡交接 · {backend} 让出显卡",
    loaded: "{time} · 显卡交接 · {backend} 已重新加载",
  },
};
