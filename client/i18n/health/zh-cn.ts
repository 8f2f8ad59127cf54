import type { HealthWords } from "./words.ts";

export const healthZhCn: HealthWords = {
  title: "告警",
  none: "一切正常",
  severity: { info: "提示", warning: "警告", critical: "严重" },
  more: "另有 {n} 条",
  acknowledge: "知道了",
  acknowledged: "已知晓",
  mute: "暂停提醒",
  muteFor: { "60": "1 小时", "480": "8 小时", "1440": "1 天", "10080": "7 天" },
  muted: "暂停提醒至 {time}",
  unmute: "恢复提醒",
  past: "告警记录",
  noPast: "还没有过告警。",
  lasted: "{n} 分钟",
  mutedRules: "已暂停提醒",
  notify: "在此浏览器中通知我",
  notifyOn: "页面打开期间，此浏览器会通知告警和任务结束。",
  notifyOff: "关闭",
  notifyBlocked: "此处无法使用浏览器通知：本页的通知已被阻止，或页面不是通过 https 或在本机打开的。",
  jobEnded: { done: "任务完成", failed: "任务失败" },
  cpuLimit: "CPU 限额 {n}",
};
