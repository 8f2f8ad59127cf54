/** Who leaves the card for whom. */
export interface HandoverSetWords {
  title: string;
  hint: string;
  /** What of a value is set here, and what would hold otherwise. */
  instead: string;
  asBefore: string;
  home: string;
  nobody: string;
  /** What stands before and behind a figure. */
  homeAfter: string;
  minTurn: string;
  idle: string;
  hot: string;
  never: string;
  units: Record<"s" | "min", string>;
}

/** The words of the settings. */
export interface SettingsWords {
  theme: string;
  themes: Record<"auto" | "light" | "dark", string>;
  language: string;
  auto: string;
  draw: string;
  eachSample: string;
  embed: string;
  handover: HandoverSetWords;
  keys: Record<"release" | "fullscreen" | "theme" | "open" | "settings", string>;
}
