import type { SettingsWords } from "./words.ts";

export const settingsZhCn: SettingsWords = {
  theme: "主题",
  themes: { auto: "自动", light: "浅色", dark: "深色" },
  language: "语言",
  auto: "自动",
  draw: "刷新间隔",
  eachSample: "每次采样",
  embed: "嵌入",
  handover: {
    title: "显卡交接",
    hint: "此处的设置优先于配置文件，重启后仍然有效。",
    instead: "在此设置；原为：{value}",
    asBefore: "恢复",
    home: "常驻显卡",
    nobody: "无",
    homeAfter: "显卡空闲多久后重新加载",
    minTurn: "每轮至少占用显卡",
    idle: "{backend} 闲置多久后让出",
    hot: "高于此温度时不启动任务",
    never: "从不",
    units: { s: "秒", min: "分钟" },
  },
  keys: { release: "释放", fullscreen: "全屏", theme: "主题", open: "展开 GPU", settings: "设置" },
};
