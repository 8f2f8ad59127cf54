/** The words of the settings. */
export interface SettingsWords {
  theme: string;
  themes: Record<"auto" | "light" | "dark", string>;
  language: string;
  auto: string;
  draw: string;
  eachSample: string;
  embed: string;
  keys: Record<"release" | "fullscreen" | "theme" | "open" | "settings", string>;
}
