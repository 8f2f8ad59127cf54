import type { SettingsWords } from "./words.ts";

export const settingsEn: SettingsWords = {
  theme: "Theme",
  themes: { auto: "Auto", light: "Light", dark: "Dark" },
  language: "Language",
  auto: "Auto",
  draw: "Redraw",
  eachSample: "Each sample",
  embed: "Embed",
  keys: {
    release: "Release",
    fullscreen: "Fullscreen",
    theme: "Theme",
    open: "Open a GPU",
    settings: "Settings",
  },
};
