import type { SettingsWords } from "./words.ts";

export const settingsEn: SettingsWords = {
  theme: "Theme",
  themes: { auto: "Auto", light: "Light", dark: "Dark" },
  language: "Language",
  auto: "Auto",
  draw: "Redraw",
  eachSample: "Each sample",
  embed: "Embed",
  handover: {
    title: "Hand-over",
    hint: "What is set here goes before the config file and outlives a restart.",
    instead: "Set here; otherwise: {value}",
    asBefore: "Reset",
    home: "At home on the card",
    nobody: "Nobody",
    homeAfter: "Comes back after quiet of",
    minTurn: "Others keep the card at least",
    idle: "{backend} leaves when idle for",
    hot: "Nothing starts above",
    never: "never",
    units: { s: "s", min: "min" },
  },
  keys: {
    release: "Release",
    fullscreen: "Fullscreen",
    theme: "Theme",
    open: "Open a GPU",
    settings: "Settings",
  },
};
