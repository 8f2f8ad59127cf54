import type { SettingsWords } from "./words.ts";

export const settingsZhCn: SettingsWords = {
  theme: "主题",
  themes: { auto: "自动", light: "浅色", dark: "深色" },
  language: "语言",
  auto: "自动",
  draw: "刷新间隔",
  eachSample: "每次采样",
  embed: "嵌入",
  keys: { release: "释放", fullscreen: "全屏", theme: "主题", open: "展开 GPU", settings: "设置" },
};
